package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestTheOriginIsWhatABrowserSaysOrNobodys(t *testing.T) {
	longest := "https://" + strings.Repeat("a", originBytesMax-len("https://"))
	for _, test := range []struct {
		headers []string
		want    string
	}{
		{nil, ""},
		{[]string{"https://shop.example"}, "https://shop.example"},
		{[]string{"http://[::1]:8080"}, "http://[::1]:8080"},
		{[]string{"null"}, "null"},
		{[]string{longest}, longest},
		{[]string{longest + "a"}, "null"},
		{[]string{""}, "null"},
		{[]string{"https://shop.example", "https://other.example"}, "null"},
		{[]string{"https://shop.example https://other.example"}, "null"},
		{[]string{"https://bücher.example"}, "null"},
		{[]string{"https://\xff.example"}, "null"},
	} {
		r := &http.Request{Header: http.Header{}}
		for _, value := range test.headers {
			r.Header.Add("Origin", value)
		}
		if got := originOf(r); got != test.want {
			t.Errorf("%q gave %q, not %q", test.headers, got, test.want)
		}
	}
}
