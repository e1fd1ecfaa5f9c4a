package health

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
)

// Handler serves /health, /health/live and /health/ready.
type Handler struct {
	checker  *Checker
	draining atomic.Bool
}

// NewHandler returns a handler that is ready as soon as the system is.
func NewHandler(checker *Checker) *Handler { return &Handler{checker: checker} }

// Drain tells load balancers, from now on, to send nothing more.
func (h *Handler) Drain() { h.draining.Store(true) }

// Draining says whether Drain was called.
func (h *Handler) Draining() bool { return h.draining.Load() }

// Health answers how the system is: 200 while visitors are served, else 503.
func (h *Handler) Health(w http.ResponseWriter, _ *http.Request) {
	report := h.checker.Report()
	answer(w, report.Status, report.public())
}

// Live answers that this process lives.
func (h *Handler) Live(w http.ResponseWriter, _ *http.Request) {
	answer(w, OK, map[string]Status{"status": OK})
}

// Ready answers whether this process should get traffic.
func (h *Handler) Ready(w http.ResponseWriter, _ *http.Request) {
	status := Down
	if !h.draining.Load() {
		status = h.checker.Report().Status
	}
	answer(w, status, map[string]Status{"status": status})
}

func answer(w http.ResponseWriter, status Status, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if status == Down {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}
