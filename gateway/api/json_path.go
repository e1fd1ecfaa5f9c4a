package api

import (
	"encoding/json"
	"strconv"
	"strings"
)

// jsonLevel is one object or array that is open at some place in a JSON text.
type jsonLevel struct {
	array bool
	index int    // in an array
	named bool   // in an object: its member's name was read
	name  string // in an object
}

// jsonPath names what stands at an offset of a JSON text as its writer would: "variants[1].key". Empty for the text
// itself. Takes text that is broken at or behind the offset.
func jsonPath(text []byte, offset int) string {
	var levels []jsonLevel
	for i := 0; i <= offset && i < len(text); {
		if text[i] != '"' {
			if i < offset {
				levels = stepJSON(levels, text[i])
			}
			i++
			continue
		}
		end := stringEnd(text, i)
		if n := len(levels); n > 0 && !levels[n-1].array && !levels[n-1].named {
			levels[n-1].named = true
			_ = json.Unmarshal(text[i:end], &levels[n-1].name) // a broken name stays empty
		}
		i = end
	}
	return joinJSONPath(levels)
}

// stepJSON follows one byte outside of strings.
func stepJSON(levels []jsonLevel, c byte) []jsonLevel {
	switch c {
	case '{', '[':
		return append(levels, jsonLevel{array: c == '['})
	case '}', ']':
		if len(levels) > 0 {
			return levels[:len(levels)-1]
		}
	case ',':
		if n := len(levels); n > 0 {
			levels[n-1].index++
			levels[n-1].named, levels[n-1].name = false, ""
		}
	}
	return levels
}

// stringEnd is the offset behind the string that begins at start.
func stringEnd(text []byte, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func joinJSONPath(levels []jsonLevel) string {
	var path strings.Builder
	for _, level := range levels {
		switch {
		case level.array:
			path.WriteString("[" + strconv.Itoa(level.index) + "]")
		case level.name != "":
			if path.Len() > 0 {
				path.WriteByte('.')
			}
			path.WriteString(level.name)
		}
	}
	return path.String()
}

// extentOf is how deep objects and arrays nest, and how many values there are at most: the text itself, and one for each
// comma and for each object or array, which has one value more than commas. It stops where a limit is passed.
func extentOf(text []byte, maxDepth, maxValues int) (depth, values int) {
	level, values := 0, 1
	for i := 0; i < len(text) && depth <= maxDepth && values <= maxValues; {
		switch text[i] {
		case '"':
			i = stringEnd(text, i)
			continue
		case '{', '[':
			level++
			depth = max(depth, level)
			values++
		case '}', ']':
			level--
		case ',':
			values++
		}
		i++
	}
	return depth, values
}

// withoutSpaces takes away, in place, the spaces of a valid JSON text that are not in strings.
func withoutSpaces(text []byte) []byte {
	kept := text[:0]
	for i := 0; i < len(text); {
		end := i + 1
		if text[i] == '"' {
			end = stringEnd(text, i)
		}
		if text[i] != ' ' {
			kept = append(kept, text[i:end]...)
		}
		i = end
	}
	return kept
}
