package website

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	mabv1 "mab/gen/go/mab/v1"
)

const (
	addressesMax = 10
	keysMax      = 200
	// scriptName ends the path of the script, whatever its version and wherever a site's own proxy puts it.
	scriptName = "mab-script"
)

var (
	container = regexp.MustCompile(`\bGTM-[A-Z0-9]{4,12}\b`)
	key       = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)
)

// page is what a document has of this system.
type page struct {
	scripts     []string
	containers  []string
	experiments []*mabv1.MarkedExperiment
	byKey       map[string]*mabv1.MarkedExperiment
	policies    []string // of its <meta>
}

// read takes what it can of a document, however broken it is.
func read(document []byte) *page {
	p := &page{byKey: map[string]*mabv1.MarkedExperiment{}}
	inScript := false
	for tokens := html.NewTokenizer(bytes.NewReader(document)); ; {
		switch tokens.Next() {
		case html.ErrorToken: // the end
			return p
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			p.element(token)
			inScript = token.DataAtom == atom.Script
		case html.EndTagToken:
			inScript = false
		case html.TextToken:
			if text := tokens.Raw(); inScript && bytes.Contains(text, []byte("gtm.js")) {
				p.container(string(text))
			}
		}
	}
}

func (p *page) element(token html.Token) {
	attributes := map[string]string{}
	for _, attribute := range token.Attr {
		attributes[attribute.Key] = attribute.Val
	}
	switch token.DataAtom {
	case atom.Script:
		p.script(strings.TrimSpace(attributes["src"]))
	case atom.Meta:
		if strings.EqualFold(attributes["http-equiv"], "content-security-policy") {
			p.policies = append(p.policies, attributes["content"])
		}
	}
	if marked := p.marked(attributes["data-test"]); marked != nil {
		marked.Elements++
	}
	for name := range strings.SplitSeq(attributes["data-test-goal"], ",") {
		if marked := p.marked(strings.TrimSpace(name)); marked != nil {
			marked.Goals++
		}
	}
}

func (p *page) script(source string) {
	address, err := url.Parse(source)
	if err != nil {
		return
	}
	file := address.Path[strings.LastIndexByte(address.Path, '/')+1:]
	if strings.HasPrefix(file, scriptName) && strings.HasSuffix(file, ".js") && len(p.scripts) < addressesMax {
		p.scripts = append(p.scripts, source)
	}
	if strings.HasSuffix(address.Path, "/gtm.js") {
		p.container(source)
	}
}

func (p *page) container(text string) {
	for _, id := range container.FindAllString(text, addressesMax) {
		if !slices.Contains(p.containers, id) && len(p.containers) < addressesMax {
			p.containers = append(p.containers, id)
		}
	}
}

// marked is the experiment of that key; nil where it is no key, or one too many.
func (p *page) marked(name string) *mabv1.MarkedExperiment {
	if known := p.byKey[name]; known != nil || !key.MatchString(name) || len(p.experiments) == keysMax {
		return known
	}
	added := &mabv1.MarkedExperiment{Key: name}
	p.byKey[name] = added
	p.experiments = append(p.experiments, added)
	return added
}
