// Package static serves the files that are built into the binary: the dashboard, the script tag's file and the API
// documentation. Their sources are elsewhere; the build puts the results into dist/.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"

	"mab/gateway/problem"
)

//go:embed all:dist
var embedded embed.FS

// Dist is what the build put there. It may be empty: then every page is 404.
func Dist() fs.FS {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil { // "dist" is a valid path
		panic(err)
	}
	return dist
}

// file is one file as it is sent.
type file struct {
	contentType string
	etag        string
	plain       []byte
	gzipped     []byte // nil where it would not be smaller
	caching     string
	sourceMap   string // where a script is explained, relative to it
}

const (
	cacheAsk     = "no-cache"                                          // ask each time; the tag makes that cheap
	cacheForever = "public, max-age=31536000, immutable"               // the name changes with the content
	cacheScript  = "public, max-age=300, stale-while-revalidate=86400" // a page never waits for it once it was there
)

// scripts is where the script tag's files are.
const scripts = "static/frontend/gtm/"

// hashed is a script's name that changes with its content.
var hashed = regexp.MustCompile(`^mab-script-[0-9a-f]{12}\.js$`)

func cachingOf(name string) string {
	inScripts, isScript := strings.CutPrefix(name, scripts)
	switch {
	case strings.HasPrefix(name, "assets/"), isScript && hashed.MatchString(inScripts):
		return cacheForever
	case isScript:
		return cacheScript
	}
	return cacheAsk
}

// sourceMapOf says it in a header: as a comment it would be in what every visitor loads.
func sourceMapOf(name string) string {
	if strings.HasPrefix(name, scripts) && strings.HasSuffix(name, ".js") {
		return "mab-script.js.map"
	}
	return ""
}

const gzipEnding = ".gz"

// Files serves files that it read once. Safe for concurrent use.
type Files struct {
	byPath map[string]*file
}

// Load reads and compresses all files of dist. What the build compressed itself, beside the file under its name and .gz, is taken as
// it is: a size that the build promises is that of what is sent. Names that begin with a dot are left out.
func Load(dist fs.FS) (*Files, error) {
	files := &Files{byPath: map[string]*file{}}
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") || path.Ext(name) == gzipEnding {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		files.byPath[name] = newFile(name, content)
		if gzipped, err := fs.ReadFile(dist, name+gzipEnding); err == nil {
			files.byPath[name].gzipped = gzipped
		}
		return nil
	})
	return files, err
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{
		contentType: contentType(name),
		etag:        base64.RawURLEncoding.EncodeToString(sum[:12]),
		plain:       content,
		caching:     cachingOf(name),
		sourceMap:   sourceMapOf(name),
	}
	var compressed bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&compressed, gzip.BestCompression) // a valid level
	_, _ = writer.Write(content)                                        // a buffer takes everything
	_ = writer.Close()
	if compressed.Len() < len(content)*9/10 {
		f.gzipped = compressed.Bytes()
	}
	return f
}

// contentTypes does not depend on what the machine has installed.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".json": "application/json", ".map": "application/json", ".png": "image/png", ".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2", ".ico": "image/x-icon",
}

func contentType(name string) string {
	if known, ok := contentTypes[path.Ext(name)]; ok {
		return known
	}
	if guessed := mime.TypeByExtension(path.Ext(name)); guessed != "" {
		return guessed
	}
	return "application/octet-stream"
}

// Serve answers with the file of that name in dist, such as "docs/index.html". A file that is not there is 404: names
// are looked up, so no path leads out.
func (f *Files) Serve(w http.ResponseWriter, r *http.Request, name string) {
	found, ok := f.byPath[name]
	if !ok {
		problem.Write(w, r, problem.New(http.StatusNotFound, problem.CodeNotFound, "there is nothing at this path"))
		return
	}
	h := w.Header()
	h.Set("Content-Type", found.contentType)
	h.Set("Cache-Control", found.caching)
	if found.sourceMap != "" {
		h.Set("SourceMap", found.sourceMap)
	}
	content, etag := found.plain, `"`+found.etag+`"`
	if found.gzipped != nil {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			content, etag = found.gzipped, `"`+found.etag+`-gzip"`
		}
	}
	h.Set("ETag", etag)
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	_, _ = w.Write(content) // the client may be gone
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(coding, "gzip") {
			return strings.ReplaceAll(quality, " ", "") != "q=0"
		}
	}
	return false
}
