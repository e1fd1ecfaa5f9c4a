package website

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAPageIsReadAsItIsMarked(t *testing.T) {
	p := read([]byte(`<!doctype html><head>
		<meta http-equiv="Content-Security-Policy" content="script-src 'self'">
		<script>(function(w,d,s,l,i){j.src='https://www.googletagmanager.com/gtm.js?id='+i})(window,document,'script','dataLayer','GTM-AB12CD');</script>
		<script async src="https://ab.example/static/frontend/gtm/mab-script.js?timeout=500"></script>
		<SCRIPT SRC="/t/mab-script-0123456789ab.js"></SCRIPT>
		<script src="https://other.example/notmab-script.js"></script>
		<!-- <script src="/mab-script.js"></script><h1 data-test="commented"> -->
		<body><h1 data-test="hero-title">Hi</h1><p data-test="hero-title"><a data-test="cta" data-test-goal="hero-title, cta">Go</a>
		<div data-test="Not A Key" data-test-goal=""></div><script>var s = '<b data-test="in-a-script">';</script><b data-test=last`))
	if want := []string{"https://ab.example/static/frontend/gtm/mab-script.js?timeout=500", "/t/mab-script-0123456789ab.js"}; !slices.Equal(p.scripts, want) {
		t.Errorf("scripts %q", p.scripts)
	}
	if !slices.Equal(p.containers, []string{"GTM-AB12CD"}) || !slices.Equal(p.policies, []string{"script-src 'self'"}) {
		t.Errorf("containers %q, policies %q", p.containers, p.policies)
	}
	var marked []string
	for _, one := range p.experiments {
		marked = append(marked, fmt.Sprintf("%s %d %d", one.Key, one.Elements, one.Goals))
	}
	if want := []string{"hero-title 2 1", "cta 1 1"}; !slices.Equal(marked, want) {
		t.Errorf("marked %q", marked)
	}
}

func TestAPageOfVeryManyMarksIsCutShort(t *testing.T) {
	var document strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&document, `<script src="/%d/mab-script.js"></script><script src="/gtm.js?id=GTM-%05d"></script><b data-test="k%d" data-test-goal="g%d">`, i, i, i, i)
	}
	p := read([]byte(document.String()))
	if len(p.scripts) != addressesMax || len(p.containers) != addressesMax || len(p.experiments) != keysMax {
		t.Errorf("%d scripts, %d containers, %d experiments", len(p.scripts), len(p.containers), len(p.experiments))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`<script src="mab-script.js"></script><b data-test="a" data-test-goal="a,b">`))
	f.Fuzz(func(t *testing.T, document []byte) {
		for _, one := range read(document).experiments {
			if !key.MatchString(one.Key) || one.Elements+one.Goals == 0 {
				t.Errorf("got %v", one)
			}
		}
	})
}
