package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

const rowsMax = 50_000_000

// recording has the outcomes of a past experiment, in the order of the file. A variant's outcomes are used up one by
// one.
type recording struct {
	name string
	all  []arm
	// outcomes of each variant, and how many of them are used.
	outcomes [][]bool
	used     []atomic.Int64
}

func openRecording(path, variantColumn, outcomeColumn string) (*recording, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader, err := decompress(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r, err := readRecording(reader, variantColumn, outcomeColumn)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.name = filepath.Base(path) + ", " + outcomeColumn
	return r, nil
}

// decompress tells gzip by its first two bytes.
func decompress(file io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(file, 1<<16)
	head, err := buffered.Peek(2)
	if err != nil {
		return nil, errors.New("the file is empty")
	}
	if head[0] == 0x1f && head[1] == 0x8b {
		return gzip.NewReader(buffered)
	}
	return buffered, nil
}

func readRecording(source io.Reader, variantColumn, outcomeColumn string) (*recording, error) {
	reader := csv.NewReader(source)
	reader.ReuseRecord = true
	header, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("no header line: %w", err)
	}
	variantAt, err := columnIndex(header, variantColumn)
	if err != nil {
		return nil, err
	}
	outcomeAt, err := columnIndex(header, outcomeColumn)
	if err != nil {
		return nil, err
	}
	byName := map[string][]bool{}
	for rows := 0; ; rows++ {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return newRecording(byName)
		}
		if err != nil {
			return nil, err
		}
		line, _ := reader.FieldPos(outcomeAt)
		if rows == rowsMax {
			return nil, fmt.Errorf("line %d: more than %d rows", line, rowsMax)
		}
		converted, err := parseOutcome(row[outcomeAt])
		if err != nil {
			return nil, fmt.Errorf("line %d, column %s: %w", line, outcomeColumn, err)
		}
		name := row[variantAt]
		if _, known := byName[name]; !known && len(byName) == variantsMax {
			return nil, fmt.Errorf("line %d, column %s: more than %d variants", line, variantColumn, variantsMax)
		}
		byName[name] = append(byName[name], converted)
	}
}

func columnIndex(header []string, name string) (int, error) {
	if i := slices.Index(header, name); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("no column %q; there are %s", name, strings.Join(header, ", "))
}

func parseOutcome(text string) (bool, error) {
	converted, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(text)))
	if err != nil {
		return false, fmt.Errorf("%q is neither 1 nor 0, true nor false", text)
	}
	return converted, nil
}

func newRecording(byName map[string][]bool) (*recording, error) {
	if len(byName) < 2 {
		return nil, fmt.Errorf("there must be two variants or more, and there are %d", len(byName))
	}
	names := make([]string, 0, len(byName))
	for name := range byName {
		names = append(names, name)
	}
	slices.Sort(names)
	r := &recording{used: make([]atomic.Int64, len(names))}
	for i, name := range names {
		outcomes := byName[name]
		conversions := 0
		for _, converted := range outcomes {
			if converted {
				conversions++
			}
		}
		r.all = append(r.all, arm{
			key: armKey(name, i), name: name,
			rate: float64(conversions) / float64(len(outcomes)), outcomes: len(outcomes),
		})
		r.outcomes = append(r.outcomes, outcomes)
	}
	return r, nil
}

var validKey = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

// armKey is the name where that is a key, else one by position.
func armKey(name string, index int) string {
	if validKey.MatchString(name) {
		return name
	}
	return fmt.Sprintf("v%d", index+1)
}

func (r *recording) arms() []arm { return r.all }

func (r *recording) outcome(_ int64, index int) (bool, bool) {
	next := r.used[index].Add(1) - 1
	if next >= int64(len(r.outcomes[index])) {
		return false, false
	}
	return r.outcomes[index][next], true
}

func (r *recording) describe() (string, string) { return r.name, "RECORDED RATE" }
