// Package bots tells machines from people, as far as machines say so: crawlers, previewers, monitors, headless browsers and
// fetches of pages that nobody has opened.
//
// HTTP libraries (curl, python-requests, Go-http-client, …) are none: servers ask with them on behalf of visitors. Whoever
// hides is not found here.
package bots

import "strings"

// userAgentBytesMax is how much of a User-Agent is looked at. Those of browsers have 100 to 300 bytes.
const userAgentBytesMax = 1024

// crawlers are words of User-Agents that no person's browser has. Words that end in "bot" or "crawler" need no place here:
// Googlebot, bingbot, GPTBot, Slackbot, UptimeRobot, AcademicCrawler.
var crawlers = words(`
	mediapartners inspectiontool googleother feedfetcher lighthouse pagespeed slurp yeti daumoa teoma heritrix nutch scrapy httrack
	baiduspider bytespider yisouspider 360spider haosouspider petalspider yandeximages yandexmetrika yandexwebmaster yandexfavicons
	yandexdirect ahrefssiteaudit semrush sistrix dataforseo censysinspect zgrab nikto
	bingpreview microsoftpreview facebookexternalhit facebookcatalog externalagent externalfetcher skypeuripreview vkshare embedly
	iframely flipboardproxy tiktokspider
	pingdom statuscake site24x7 newrelicpinger newrelicsynthetics datadogsynthetics gtmetrix catchpoint hetrixtools freshping nodeping
	betteruptime checkly ghostinspector alertsite
	headlesschrome headlessfirefox headlessedg phantomjs slimerjs htmlunit puppeteer prerender rendertron jsdom`)

// pairs are words that say it together, the second one before the first: "ChatGPT-User" is a machine, where "ChatGPT" is
// an app in which people read.
var pairs = map[string]map[string]bool{
	"user":       words("chatgpt claude perplexity mistralai"),
	"web":        words("claude"),
	"ai":         words("anthropic cohere"),
	"spider":     words("web seo"),
	"preview":    words("url link"),
	"uptime":     words("better"),
	"kuma":       words("uptime"),
	"synthetics": words("datadog"),
	"archiver":   words("ia"),
	"io":         words("updown"),
	"google":     words("apis"),
	"validator":  words("w3c"),
	"robots":     words("w3c"),
}

// phones end in "bot" and are made for people.
var phones = words("cubot")

// starts of whole User-Agents: the app's name is elsewhere in those of its in-app browser.
var starts = []string{"whatsapp/"}

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(list) {
		set[word] = true
	}
	return set
}

// DeclaredBy says whether a User-Agent declares a machine. An empty one declares nothing.
func DeclaredBy(userAgent string) bool {
	if len(userAgent) > userAgentBytesMax {
		userAgent = userAgent[:userAgentBytesMax]
	}
	text := strings.ToLower(userAgent)
	for _, start := range starts {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	previous := ""
	for word := range strings.FieldsFuncSeq(text, isSeparator) {
		switch {
		case crawlers[word], pairs[word][previous]:
			return true
		case strings.HasSuffix(word, "bot") && !phones[word], strings.HasSuffix(word, "crawler"):
			return true
		}
		previous = word
	}
	return false
}

func isSeparator(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') }
