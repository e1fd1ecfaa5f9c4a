package main

import (
	"net/http"
	"strings"

	"mab/gateway/exchange"
	"mab/gateway/health"
	"mab/gateway/problem"
	"mab/gateway/static"
)

// scriptFolder has what websites load: the script tag's file, under its name and under one with the hash of its content.
const scriptFolder = "/static/frontend/gtm/"

// router has the paths that are the gateway's own, and hands the rest to the API. It is no http.ServeMux because that
// answers some requests itself, with redirects and texts that are no problem+json.
type router struct {
	api    http.Handler
	ofrep  http.Handler
	health *health.Handler
	files  *static.Files
}

func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/api/"):
		rt.api.ServeHTTP(w, r)
	case strings.HasPrefix(path, "/ofrep/"):
		rt.ofrep.ServeHTTP(w, r)
	case path == "/health":
		get(w, r, path, rt.health.Health)
	case path == "/health/live":
		get(w, r, path, rt.health.Live)
	case path == "/health/ready":
		get(w, r, path, rt.health.Ready)
	case path == "/", path == "/login", path == "/accounts", path == "/audit", path == "/keys", path == "/settings", path == "/system", path == "/website":
		rt.file(w, r, path, "index.html")
	case strings.HasPrefix(path, "/experiments/"): // the page itself looks at the rest of the path
		rt.file(w, r, "/experiments/*", "index.html")
	case path == "/docs", path == "/docs/":
		rt.file(w, r, "/docs", "docs/index.html")
	case strings.HasPrefix(path, "/docs/"):
		rt.file(w, r, "/docs/*", path[1:])
	case strings.HasPrefix(path, "/assets/"):
		rt.file(w, r, "/assets/*", path[1:])
	case strings.HasPrefix(path, scriptFolder):
		rt.file(w, r, scriptFolder+"*", path[1:])
	default:
		problem.Write(w, r, problem.New(http.StatusNotFound, problem.CodeNotFound, "there is nothing at this path"))
	}
}

func (rt *router) file(w http.ResponseWriter, r *http.Request, route, name string) {
	get(w, r, route, func(w http.ResponseWriter, r *http.Request) { rt.files.Serve(w, r, name) })
}

// get calls the handler for GET and HEAD, and refuses other methods.
func get(w http.ResponseWriter, r *http.Request, route string, handler http.HandlerFunc) {
	exchange.FromContext(r.Context()).Route = route
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		handler(w, r)
		return
	}
	w.Header().Set("Allow", "GET, HEAD")
	problem.Write(w, r, problem.New(http.StatusMethodNotAllowed, problem.CodeMethodNotAllowed, "this path takes GET, HEAD"))
}
