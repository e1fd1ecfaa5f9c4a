package failure

import (
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dchest/siphash"

	"mab/tests/harness"
)

// findingsMax bounds what is told of a run that goes wrong everywhere.
const findingsMax = 50

// ledger has everything that the system acknowledged, and every promise that an answer broke. Safe for concurrent use.
type ledger struct {
	acknowledged, refused atomic.Int64
	// By kind, for the report.
	assigns, exposes, converts, duplicates, erasures atomic.Int64

	mu       sync.Mutex
	visitors []*visitor
	findings []string
}

// find notes a broken promise.
func (l *ledger) find(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.findings) < findingsMax {
		l.findings = append(l.findings, fmt.Sprintf(format, args...))
	}
}

// found returns what was noted so far.
func (l *ledger) found() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.findings)
}

// newVisitor adds somebody who was never here.
func (l *ledger) newVisitor() *visitor {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := &visitor{id: fmt.Sprintf("visitor-%d", len(l.visitors)), lives: []*life{newLife()}}
	v.hash = hashOf(v.id)
	l.visitors = append(l.visitors, v)
	return v
}

// recent returns one of the last visitors, by a number below 1; nil where there is none.
func (l *ledger) recent(uniform float64) *visitor {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.visitors) == 0 {
		return nil
	}
	back := int(uniform * float64(min(len(l.visitors), 400)))
	return l.visitors[len(l.visitors)-1-back]
}

// everybody who ever came.
func (l *ledger) everybody() []*visitor {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.visitors)
}

// visitor is a user of all experiments.
type visitor struct {
	id string
	// hash is user_hash in hexadecimal, as PostgreSQL has it.
	hash string
	// gate is held shared by each call, and alone by an erasure: what is answered belongs to one life.
	gate sync.RWMutex

	mu    sync.Mutex
	lives []*life // the last one goes on; each other ended with an acknowledged erasure
}

// life is what happens to a visitor between two erasures.
type life struct {
	records map[string]*record // by the experiment's key
}

func newLife() *life { return &life{records: map[string]*record{}} }

// with calls work with the visitor's record of that experiment, in his present life. Its error is a finding.
func (v *visitor) with(l *ledger, experiment string, work func(r *record) error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	records := v.lives[len(v.lives)-1].records
	if records[experiment] == nil {
		records[experiment] = &record{claims: map[string]claim{}}
	}
	if err := work(records[experiment]); err != nil {
		l.find("%s in %s, life %d: %v", v.id, experiment, len(v.lives), err)
	}
}

// reborn ends the present life: the erasure was acknowledged.
func (v *visitor) reborn() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lives = append(v.lives, newLife())
}

// hashOf is SipHash-2-4-128 under the tests' key, little-endian as libsodium writes it.
func hashOf(user string) string {
	key, err := hex.DecodeString(harness.UserHashKey)
	if err != nil {
		panic(err)
	}
	hash := siphash.New128(key)
	hash.Write([]byte(user))
	return hex.EncodeToString(hash.Sum(nil))
}
