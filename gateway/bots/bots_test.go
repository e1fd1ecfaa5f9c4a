package bots

import (
	"net/http"
	"strings"
	"testing"
)

var machines = []string{
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
	"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.6723.69 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
	"Googlebot-Image/1.0",
	"AdsBot-Google (+http://www.google.com/adsbot.html)",
	"Mediapartners-Google",
	"Mozilla/5.0 (compatible; Google-InspectionTool/1.0;)",
	"GoogleOther",
	"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
	"Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b",
	"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
	"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
	"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
	"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)",
	"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Perplexity-User/1.0; +https://perplexity.ai/perplexity-user)",
	"CCBot/2.0 (https://commoncrawl.org/faq/)",
	"Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)",
	"meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
	"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
	"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
	"Twitterbot/1.0",
	"LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
	"Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
	"TelegramBot (like TwitterBot)",
	"WhatsApp/2.23.20.0 A",
	"Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
	"Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
	"Mozilla/5.0 (compatible; YandexImages/3.0; +http://yandex.com/bots)",
	"Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
	"Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)",
	"Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
	"DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
	"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
	"Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
	"Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
	"ia_archiver (+http://www.alexa.com/site/help/webmasters; crawler@alexa.com)",
	"Pinterest/0.2 (+https://www.pinterest.com/bot.html)",
	"Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
	"Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
	"Mozilla/5.0 (compatible; StatusCake)",
	"Better Uptime Bot Mozilla/5.0",
	"Uptime-Kuma/1.23.11",
	"Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.6723.58 Safari/537.36",
	"Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
	"Scrapy/2.11.2 (+https://scrapy.org)",
	"Screaming Frog SEO Spider/20.1",
	"somebodys-own-crawler/0.1",
}

var people = []string{
	"",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 YaBrowser/24.10.0.0 Safari/537.36",
	"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0",
	// Phones whose maker ends in "bot".
	"Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/105.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Linux; Android 13; CUBOT) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Linux; U; Android 11; en; Cubot Note 20 Build/RP1A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/87.0 Mobile Safari/537.36",
	// In-app browsers, in which people read.
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/470.0.0.39.112;FBDV/iPhone14,5]",
	"Mozilla/5.0 (Linux; Android 13; Pixel 7; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.0.0 Mobile Safari/537.36 Instagram 331.0.0.37.90 Android",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [Pinterest/iOS]",
	"Mozilla/5.0 (Linux; Android 12; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/121.0.0.0 Mobile Safari/537.36 WhatsApp/2.24.4.76",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5_0) AppleWebKit/537.36 (KHTML, like Gecko) ChatGPT/1.2024.317 Chrome/128.0.0.0 Electron/32.1.2 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.41.97 Chrome/130.0.0.0 Electron/33.0.1 Safari/537.36",
	"Mozilla/5.0 (Linux; Android 10; GoogleWebLight) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/38.0.1025.166 Mobile Safari/535.19",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/340.0.689823111 Mobile/15E148 Safari/604.1",
	// Servers that ask on behalf of visitors.
	"curl/8.10.1", "Wget/1.24.5", "python-requests/2.32.3", "python-httpx/0.27.2", "Go-http-client/1.1", "Go-http-client/2.0",
	"okhttp/4.12.0", "axios/1.7.7", "node", "undici", "GuzzleHttp/7", "Java-http-client/21.0.4", "Apache-HttpClient/5.3 (Java/17)",
	"PostmanRuntime/7.42.0", "Ruby", "Dart/3.5 (dart:io)", "my-shop/1.0 (+https://shop.example)", "mab-demo/1",
	// Words that only look like it.
	"Robotics-Browser/1.0 abbott bottle botany", "Mozilla/5.0 (Linux; Android 12; Spider Web X) Mobile",
}

func TestMachinesThatSaySoAreKnown(t *testing.T) {
	for _, agent := range machines {
		if !DeclaredBy(agent) {
			t.Errorf("%q is taken for a person", agent)
		}
		if !DeclaredBy(strings.ToUpper(agent)) {
			t.Errorf("%q is taken for a person in capitals", agent)
		}
	}
}

func TestPeopleAndTheirServersAreNoMachines(t *testing.T) {
	for _, agent := range people {
		if DeclaredBy(agent) {
			t.Errorf("%q is taken for a machine", agent)
		}
	}
}

func TestOnlyTheBeginningOfALongUserAgentIsRead(t *testing.T) {
	long := strings.Repeat("Mozilla ", 8<<10/8)
	for _, test := range []struct {
		agent string
		want  bool
	}{
		{long, false},
		{"Googlebot " + long, true},
		{long[:userAgentBytesMax-10] + " Googlebot", true},
		{long + "Googlebot", false},
		{strings.Repeat("\xff", 8<<10), false},
		{strings.Repeat("\u212a", 8<<10) + "bot", false}, // the Kelvin sign, a k of another length in lower case
	} {
		if got := DeclaredBy(test.agent); got != test.want {
			t.Errorf("%.40q…: %v", test.agent, got)
		}
	}
}

func TestPrefetchesSaySo(t *testing.T) {
	for _, test := range []struct {
		name, value string
		want        bool
	}{
		{"Sec-Purpose", "prefetch", true},
		{"Sec-Purpose", "prefetch;prerender", true},
		{"Sec-Purpose", "prefetch;anonymous-client-ip", true},
		{"Sec-Purpose", "Prerender", true},
		{"Purpose", "prefetch", true},
		{"X-Purpose", "preview", true},
		{"X-Moz", "prefetch", true},
		{"Sec-Purpose", "", false},
		{"Sec-Purpose", "partitioned-popin", false},
		{"Sec-Purpose", "unprefetch", false},
		{"X-Requested-With", "prefetch", false},
		{"Sec-Fetch-Dest", "empty", false},
	} {
		if got := Prefetches(http.Header{test.name: {test.value}}); got != test.want {
			t.Errorf("%s: %s gave %v", test.name, test.value, got)
		}
	}
	if Prefetches(http.Header{}) {
		t.Error("no header is no prefetch")
	}
}

func BenchmarkDeclaredBy(b *testing.B) {
	for b.Loop() {
		DeclaredBy(people[1])
	}
}
