package ofrep

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// etagOf is a strong entity tag: other bytes have another one.
func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// matches says whether If-None-Match names the tag, weakly (RFC 9110, 13.1.2): a proxy that compresses makes it weak.
func matches(headers []string, tag string) bool {
	for _, header := range headers {
		for candidate := range strings.SplitSeq(header, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
				return true
			}
		}
	}
	return false
}
