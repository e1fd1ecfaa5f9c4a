package failure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// stopLimit bounds a clean stop: calls in flight, a drainer that tries once more, ten seconds of grace.
const stopLimit = 25 * time.Second

func (d *disturbances) ofProcesses() []disturbance {
	return []disturbance{
		{6, d.killSome},
		{2, d.stopOne},
	}
}

func (d *disturbances) ofDatabase() []disturbance {
	return []disturbance{
		{2, d.outage("outage: stopped", d.stack.Postgres.Stop, d.stack.Postgres.Start)},
		{2, d.outage("outage: killed", func() error { d.stack.Postgres.Kill(); return nil }, d.stack.Postgres.Start)},
		{2, d.outage("outage: paused", d.stack.Postgres.Pause, d.stack.Postgres.Resume)},
		{2, d.cut("link to database: cut", d.databaseLink)},
		{1, d.outage("link to database: refused", do(d.databaseLink.Refuse), do(d.databaseLink.Restore))},
		{1, d.outage("link to database: stalled", do(d.databaseLink.Stall), do(d.databaseLink.Restore))},
		{1, d.outage("link to database: forgotten", do(d.databaseLink.Stall), do(d.databaseLink.Forget))},
	}
}

func (d *disturbances) ofTheRest() []disturbance {
	return []disturbance{
		{3, d.cut("link to assignment: cut", d.assignmentWay)},
		{1, d.outage("link to assignment: refused", do(d.assignmentWay.Refuse), do(d.assignmentWay.Restore))},
		{2, d.outage("link to assignment: stalled", do(d.assignmentWay.Stall), do(d.assignmentWay.Restore))},
		{1, d.outage("link to assignment: forgotten", do(d.assignmentWay.Stall), do(d.assignmentWay.Forget))},
		{3, d.fillDisk},
	}
}

// killSome kills a process or several at once (SIGKILL), and starts them again some time later.
func (d *disturbances) killSome(random *rand.Rand) error {
	var chosen []*supervised
	n := 1
	if random.Float64() < 0.25 {
		n = 2 + random.IntN(2)
	}
	order := random.Perm(len(d.supervisor.processes))
	if random.Float64() < 0.4 {
		order[0], order[slices.Index(order, 0)] = 0, order[0] // the assignment service has the most to lose
	}
	for _, i := range order[:n] {
		chosen = append(chosen, d.supervisor.processes[i])
	}
	for _, one := range chosen {
		one.mu.Lock()
		defer one.mu.Unlock()
	}
	for _, one := range chosen {
		one.Process.Kill()
		d.count("kill: " + one.Name)
	}
	time.Sleep(between(random, 1, 700))
	for _, one := range chosen {
		if err := one.Process.Start(); err != nil {
			return err
		}
	}
	return nil
}

// stopOne restarts a process cleanly (SIGTERM).
func (d *disturbances) stopOne(random *rand.Rand) error {
	one := d.supervisor.processes[random.IntN(len(d.supervisor.processes))]
	one.mu.Lock()
	defer one.mu.Unlock()
	began := time.Now()
	if err := one.Process.Stop(); err != nil && !d.diskMayEndProcesses() {
		return err
	}
	if took := time.Since(began); took > stopLimit {
		return fmt.Errorf("%s took %v to stop", one.Name, took)
	}
	d.count("clean stop: " + one.Name)
	d.noteStop(time.Since(began))
	return one.Process.Start()
}

// outage breaks something for up to three seconds.
func (d *disturbances) outage(kind string, breakIt, mend func() error) func(random *rand.Rand) error {
	return func(random *rand.Rand) error {
		d.count(kind)
		if err := breakIt(); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		time.Sleep(between(random, 100, 3000))
		if err := mend(); err != nil {
			return fmt.Errorf("mending %s: %w", kind, err)
		}
		return nil
	}
}

func (d *disturbances) cut(kind string, link *proxy) func(random *rand.Rand) error {
	return func(*rand.Rand) error {
		d.count(kind)
		link.Cut()
		return nil
	}
}

// fillDisk keeps the journal's disk full for a while: what is freed meanwhile is taken again.
func (d *disturbances) fillDisk(random *rand.Rand) error {
	d.count("disk full")
	until := time.Now().Add(between(random, 300, 2500))
	// A process that starts on a full disk may give up, and is started again.
	d.noteDiskTrouble(until.Add(5 * time.Second))
	for time.Now().Before(until) {
		if err := d.disk.Fill(d.diskFree); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return d.disk.Free()
}

func do(action func()) func() error {
	return func() error {
		action()
		return nil
	}
}
