package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// secretTexts are what no process writes, by what they are.
var secretTexts = map[string]string{
	"the setup token": SetupToken, "the administrator's password": AdminPassword, "the JWT secret": JWTSecret,
	"the internal secret": InternalSecret, "the key of users' hashes": UserHashKey,
}

// secretForms are those that are made while the system runs.
var secretForms = map[string]*regexp.Regexp{
	"an API key":        regexp.MustCompile(`mab_[A-Za-z0-9_-]{43}`),
	"an access token":   regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.`),
	"a password's hash": regexp.MustCompile(`\$2[aby]\$\d\d\$`),
}

// Leaks says which secrets stand in the logs of the system.
func (s *Stack) Leaks() []string {
	logs, err := filepath.Glob(filepath.Join(s.Dir, "*.log"))
	if err != nil || len(logs) == 0 {
		return []string{fmt.Sprintf("no logs in %s: %v", s.Dir, err)}
	}
	var leaks []string
	for _, file := range logs {
		content, err := os.ReadFile(file)
		if err != nil {
			leaks = append(leaks, err.Error())
			continue
		}
		leaks = append(leaks, leaksOf(filepath.Base(file), string(content))...)
	}
	return leaks
}

func leaksOf(name, content string) []string {
	var leaks []string
	for what, text := range secretTexts {
		if strings.Contains(content, text) {
			leaks = append(leaks, name+" has "+what)
		}
	}
	for what, form := range secretForms {
		if form.MatchString(content) {
			leaks = append(leaks, name+" has "+what)
		}
	}
	return leaks
}
