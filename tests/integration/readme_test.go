package integration

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mab/tests/harness"
)

// block is a fenced block of the README: commands, and the JSON that they are said to answer, if any.
type block struct{ commands, answer string }

// readmeBlocks of the sections that a stranger follows, in their order.
func readmeBlocks(t *testing.T, headings ...string) []block {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.RepositoryRoot(), "README.md"))
	check(t, err)
	fence := regexp.MustCompile("(?s)```(sh|json)\n(.*?)```")
	var blocks []block
	for _, heading := range headings {
		_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
		if !found {
			t.Fatalf("the README has no section %q", heading)
		}
		section, _, _ = strings.Cut(section, "\n## ")
		for _, match := range fence.FindAllStringSubmatch(section, -1) {
			if match[1] == "sh" {
				blocks = append(blocks, block{commands: match[2]})
			} else {
				blocks[len(blocks)-1].answer = match[2]
			}
		}
	}
	return blocks
}

// A stranger types what the README says, after ./mab up -d, and gets what it shows: answers of the same shape.
func TestCommandsOfTheReadmeWorkAsPrinted(t *testing.T) {
	blocks := readmeBlocks(t, "A first experiment, in curl", "From other services: gRPC")
	s := newScript(t)
	s.up(t)
	output := filepath.Join(t.TempDir(), "answer-")
	address := func(offset int) string { return fmt.Sprintf("127.0.0.1:%d", s.port+offset) }
	here := strings.NewReplacer("127.0.0.1:8000", address(0), "127.0.0.1:8010", address(10), "127.0.0.1:8011", address(11),
		".mab/secrets.env", filepath.Join(s.dataDir, "secrets.env"), "build/release/bin", harness.BinaryDir())
	script := "set -euo pipefail\n"
	for i, block := range blocks {
		// In one shell, so that a variable is there for the next block.
		script += fmt.Sprintf("{ echo 'block %d' >&2\n%s} >'%s%d'\n", i, here.Replace(block.commands), output, i)
	}
	command := exec.Command("bash", "-c", script)
	command.Dir = harness.RepositoryRoot()
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for i, block := range blocks {
		answer, err := os.ReadFile(fmt.Sprintf("%s%d", output, i))
		check(t, err)
		t.Logf("%s%s", block.commands, answer)
		if strings.Contains(string(answer), `"request_id"`) {
			t.Errorf("it is answered with a problem")
		}
		if block.answer != "" {
			expectShape(t, block.answer, string(answer))
		}
	}
}

// expectShape compares two sequences of JSON values: the same fields of the same types, whatever the values are.
func expectShape(t *testing.T, want, got string) {
	t.Helper()
	if a, b := shapes(t, want), shapes(t, got); !reflect.DeepEqual(a, b) {
		t.Errorf("the README shows the fields\n%v\nand the answer has\n%v", a, b)
	}
}

func shapes(t *testing.T, text string) [][]string {
	t.Helper()
	var all [][]string
	decoder := json.NewDecoder(strings.NewReader(text))
	for {
		var value any
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return all
		}
		check(t, err)
		shape := fields("", value)
		slices.Sort(shape)
		all = append(all, shape)
	}
}

func fields(path string, value any) []string {
	object, is := value.(map[string]any)
	if !is {
		return []string{fmt.Sprintf("%s %T", path, value)}
	}
	var all []string
	for name, inner := range object {
		all = append(all, fields(path+"."+name, inner)...)
	}
	return all
}

// Every variable that a program or the script reads is described in .env.example.
func TestEveryVariableIsDescribed(t *testing.T) {
	root := harness.RepositoryRoot()
	described, err := os.ReadFile(filepath.Join(root, ".env.example"))
	check(t, err)
	reads := regexp.MustCompile(`"((?:MAB_[A-Z_]+)|DATABASE_URL|REDIS_URL|JWT_SECRET(?:_PREVIOUS)?|ENV|LOG_LEVEL|PORT)"`)
	seen := 0
	for _, pattern := range []string{"services/*/*.cc", "gateway/*/*.go", "gateway/*.go", "demo/*.go"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		check(t, err)
		for _, file := range files {
			if strings.Contains(filepath.Base(file), "_test.") {
				continue
			}
			text, err := os.ReadFile(file)
			check(t, err)
			for _, match := range reads.FindAllStringSubmatch(string(text), -1) {
				seen++
				if !strings.Contains(string(described), "#"+match[1]+"=") {
					t.Errorf("%s reads %s, which .env.example does not describe", file, match[1])
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d readings of variables were found", seen)
	}
}
