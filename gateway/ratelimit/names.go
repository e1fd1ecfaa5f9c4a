package ratelimit

import "sync"

// namesMax experiments are known by their keys at a time, of some 200 bytes each.
const namesMax = 10_000

// names knows which key is whose, as answers say it, so that an experiment's id and its key are one limit. A key is one
// experiment's for ever. The zero value knows none. Safe for concurrent use.
type names struct {
	mutex sync.RWMutex
	ids   map[string]string
}

// learn that the key is this experiment's; true where that is new. Where there is no room, all are forgotten, and learned
// again.
func (n *names) learn(key, id string) bool {
	if key == "" || n.of(key) == id {
		return false
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.ids == nil || len(n.ids) >= namesMax {
		n.ids = map[string]string{}
	}
	n.ids[key] = id
	return true
}

// of is the id of the experiment that a client names, or the name as it is.
func (n *names) of(name string) string {
	n.mutex.RLock()
	defer n.mutex.RUnlock()
	if id, ok := n.ids[name]; ok {
		return id
	}
	return name
}
