package api

import (
	"strconv"
	"unicode/utf8"

	mabv1 "mab/gen/go/mab/v1"
)

// hotDecode reads the bodies of the hot endpoints as their clients write them: an object with the contract's names, each once,
// with strings without escapes. It reports false for anything else, valid or not, and message may then have some fields: protojson,
// which takes every way to write JSON and knows what to say of the others, begins anew.
func hotDecode(body []byte, message any) bool {
	s := scanner{text: body}
	var field func(name string) bool
	switch m := message.(type) {
	case *mabv1.AssignRequest:
		field = func(name string) bool { return s.assignField(m, name) }
	case *mabv1.BatchAssignRequest:
		field = func(name string) bool { return s.batchAssignField(m, name) }
	case *mabv1.ConvertRequest:
		field = func(name string) bool { return s.convertField(m, name) }
	default:
		return false
	}
	return utf8.Valid(body) && s.object(field) && s.atEnd()
}

// scanner reads JSON from the front. Its methods report whether what they are for stood there; after a false nothing more is read.
type scanner struct {
	text []byte
	at   int
}

func (s *scanner) assignField(m *mabv1.AssignRequest, name string) bool {
	switch name {
	case "experiment":
		return m.Experiment == "" && s.word(&m.Experiment)
	case "user_id":
		return m.UserId == "" && s.word(&m.UserId)
	case "expose":
		return m.Expose == nil && s.flag(&m.Expose)
	}
	return false
}

func (s *scanner) batchAssignField(m *mabv1.BatchAssignRequest, name string) bool {
	switch name {
	case "user_id":
		return m.UserId == "" && s.word(&m.UserId)
	case "experiments":
		return m.Experiments == nil && s.strings(&m.Experiments)
	case "expose":
		return m.Expose == nil && s.flag(&m.Expose)
	case "force":
		return m.Force == nil && s.stringsByName(&m.Force)
	}
	return false
}

func (s *scanner) convertField(m *mabv1.ConvertRequest, name string) bool {
	switch name {
	case "experiment":
		return m.Experiment == "" && s.word(&m.Experiment)
	case "user_id":
		return m.UserId == "" && s.word(&m.UserId)
	case "value":
		return m.Value == nil && s.number(&m.Value)
	case "event_id":
		return m.EventId == "" && s.word(&m.EventId)
	}
	return false
}

func (s *scanner) space() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\n' || s.text[s.at] == '\r' || s.text[s.at] == '\t') {
		s.at++
	}
}

// is skips space, and the byte where it is the next.
func (s *scanner) is(c byte) bool {
	s.space()
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) atEnd() bool {
	s.space()
	return s.at == len(s.text)
}

// object calls member, which reads the value, for each name. A name that stands twice is member's to notice.
func (s *scanner) object(member func(name string) bool) bool {
	if !s.is('{') {
		return false
	}
	if s.is('}') {
		return true
	}
	for {
		name, ok := s.plain()
		if !ok || !s.is(':') || !member(string(name)) {
			return false
		}
		if s.is('}') {
			return true
		}
		if !s.is(',') {
			return false
		}
	}
}

// plain reads a string that stands for itself.
func (s *scanner) plain() ([]byte, bool) {
	if !s.is('"') {
		return nil, false
	}
	for from := s.at; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[from : s.at-1], true
		case c < ' ', c == '\\':
			return nil, false
		}
	}
	return nil, false
}

// word reads a string that is not empty: an empty one could not be told from a field that was not read yet.
func (s *scanner) word(into *string) bool {
	text, ok := s.plain()
	*into = string(text)
	return ok && len(text) > 0
}

func (s *scanner) strings(into *[]string) bool {
	if !s.is('[') {
		return false
	}
	for {
		text, ok := s.plain()
		if !ok {
			return false
		}
		*into = append(*into, string(text))
		if s.is(']') {
			return true
		}
		if !s.is(',') {
			return false
		}
	}
}

func (s *scanner) stringsByName(into *map[string]string) bool {
	read := map[string]string{}
	*into = read
	return s.object(func(name string) bool {
		text, ok := s.plain()
		if _, twice := read[name]; twice {
			return false
		}
		read[name] = string(text)
		return ok
	})
}

func (s *scanner) flag(into **bool) bool {
	s.space()
	rest := s.text[s.at:]
	value := len(rest) >= 4 && string(rest[:4]) == "true"
	switch {
	case value:
		s.at += 4
	case len(rest) >= 5 && string(rest[:5]) == "false":
		s.at += 5
	default:
		return false
	}
	*into = &value
	return true
}

// number reads digits with an optional sign and fraction: a value as people write it.
func (s *scanner) number(into **float64) bool {
	s.space()
	from := s.at
	if s.at < len(s.text) && s.text[s.at] == '-' {
		s.at++
	}
	whole := s.digits()
	if whole == 0 || whole > 1 && s.text[s.at-whole] == '0' {
		return false
	}
	if s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		if s.digits() == 0 {
			return false
		}
	}
	value, err := strconv.ParseFloat(string(s.text[from:s.at]), 64)
	*into = &value
	return err == nil
}

// digits skips them, and says how many there were.
func (s *scanner) digits() int {
	from := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at - from
}
