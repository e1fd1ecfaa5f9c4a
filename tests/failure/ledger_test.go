package failure

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"

	mabv1 "mab/gen/go/mab/v1"
	"mab/tests/harness"
)

// The ledger test: see the package's comment. MAB_FAILURE_SEED=n runs that seed alone, MAB_FAILURE_SEEDS=n that many,
// MAB_FAILURE_SECONDS=n each that long, MAB_FAILURE_MINUTES=n as many as end within that time.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	seconds := number("MAB_FAILURE_SECONDS", 18)
	if seed := number("MAB_FAILURE_SEED", 0); seed != 0 {
		runSeed(t, uint64(seed), seconds)
		return
	}
	// The run's own number, so that no two runs look at the same moments.
	first := uint64(time.Now().UnixMilli())
	deadline := time.Now().Add(time.Duration(number("MAB_FAILURE_MINUTES", 0)) * time.Minute)
	seeds := number("MAB_FAILURE_SEEDS", 3)
	for i := 0; i < seeds || time.Now().Before(deadline); i++ {
		runSeed(t, first+uint64(i), seconds)
	}
	t.Logf("%s", &all)
}

func number(name string, otherwise int) int {
	value, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		return otherwise
	}
	return value
}

func runSeed(t *testing.T, seed uint64, seconds int) {
	t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
		defer func() {
			if t.Failed() {
				t.Logf("MAB_FAILURE_SEED=%d runs these moments again", seed)
			}
		}()
		began := time.Now()
		run := newRun(t, seed)
		defer func() { run.report(time.Since(began)) }()
		run.disturbed(time.Duration(seconds) * time.Second)
		run.settle()
		run.compare()
		run.expectRetention()
		run.restartFromJournal()
		run.restartFromDatabase()
	})
}

// run is one seed.
type run struct {
	t           *testing.T
	seed        uint64
	stack       *harness.Stack
	experiments []harness.Experiment
	ledger      *ledger
	load        *load
	disturb     *disturbances
	supervisor  *supervisor
	gateway     *jsonCaller
	lateRows    int
}

const diskBytes = 96 << 20

// newRun starts a system with proxies in its connections, its journal on a small disk, and small segments, so that
// rotation, checkpoints and deletion happen all the time.
func newRun(t *testing.T, seed uint64) *run {
	r := &run{t: t, seed: seed, ledger: &ledger{}}
	random := rand.New(rand.NewPCG(seed, 99))
	small, err := newDisk(diskBytes, func() *harness.Process { return r.stack.Assignment })
	check(t, err)
	t.Cleanup(small.Close)
	r.disturb = &disturbances{disk: small, ledger: r.ledger, seed: seed}
	// In half of the runs the disk is really full, in the others as full as it may be.
	minimum := 0
	if random.IntN(2) == 0 {
		minimum, r.disturb.diskFree = 16<<20, 15<<20
	}
	options := harness.Options{
		Environment: []string{
			"MAB_DATA_DIR=" + filepath.Join(small.Dir(), "data"), "LOG_LEVEL=warning",
			"MAB_JOURNAL_SEGMENT_BYTES=65536", "MAB_CHECKPOINT_BYTES=65536", "MAB_JOURNAL_RETAIN=2s",
			fmt.Sprintf("MAB_DISK_FREE_MIN_BYTES=%d", minimum),
		},
		DatabaseURL: func(opening *harness.Stack) string {
			r.disturb.databaseLink = databaseProxy(t, opening)
			return opening.Postgres.URLThrough(filepath.Dir(r.disturb.databaseLink.Address()))
		},
		AssignmentVia: func(opening *harness.Stack) string {
			r.disturb.assignmentWay, err = newProxy("tcp", "127.0.0.1:0", opening.AssignmentAddress)
			check(t, err)
			t.Cleanup(r.disturb.assignmentWay.Close)
			return r.disturb.assignmentWay.Address()
		},
	}
	r.stack = harness.Start(t, options)
	r.disturb.stack = r.stack
	r.supervisor = &supervisor{ledger: r.ledger, mayEnd: r.disturb.diskMayEndProcesses}
	for _, process := range []*harness.Process{r.stack.Assignment, r.stack.Admin, r.stack.Gateway} {
		r.supervisor.processes = append(r.supervisor.processes, &supervised{Process: process})
	}
	r.disturb.supervisor = r.supervisor
	r.startExperiments(random)
	return r
}

// databaseProxy is a Unix socket before PostgreSQL's own.
func databaseProxy(t *testing.T, stack *harness.Stack) *proxy {
	const name = ".s.PGSQL.5432"
	dir := filepath.Join(stack.Dir, "link")
	check(t, os.Mkdir(dir, 0o755))
	opened, err := newProxy("unix", filepath.Join(dir, name), filepath.Join(stack.Postgres.SocketDir, name))
	check(t, err)
	t.Cleanup(opened.Close)
	return opened
}

func (r *run) startExperiments(random *rand.Rand) {
	t := r.t
	for _, fields := range []map[string]any{
		{"key": "two", "floor": 0.05},
		{"key": "four", "variants": harness.Variants("a", "b", "c", "d"), "policy": "TOP_TWO_THOMPSON"},
		{"key": "share", "policy": "FIXED", "traffic_share": 0.7, "conversion_window_seconds": 3},
	} {
		r.experiments = append(r.experiments, r.stack.StartExperiment(t, fields))
	}
	r.gateway = newJSONCaller("http://" + r.stack.GatewayAddress)
	connection := dial(t, r.stack.AssignmentAddress)
	// Twice the gateway: that is where a visitor's two requests meet a service's one.
	r.load = &load{
		ledger: r.ledger, workers: 16 + random.IntN(17), seed: r.seed,
		via:   []service{r.gateway, r.gateway, mabv1.NewAssignmentServiceClient(connection)},
		erase: newEraser(connection),
	}
	for _, experiment := range r.experiments {
		r.load.experiments = append(r.load.experiments, experiment.Key)
	}
}

func dial(t testing.TB, address string) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(address, append(harness.Internally(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.5, MaxDelay: 300 * time.Millisecond},
			MinConnectTimeout: time.Second,
		}))...)
	check(t, err)
	t.Cleanup(func() { connection.Close() })
	return connection
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// disturbed is the time in which everything happens.
func (r *run) disturbed(duration time.Duration) {
	r.load.Start()
	r.supervisor.Start()
	r.disturb.Start()
	time.Sleep(duration)
	r.disturb.Stop()
}

// settle waits until all is well, the visitors are done, and PostgreSQL has all that there is.
func (r *run) settle() {
	t := r.t
	began := time.Now()
	check(t, r.stack.AwaitHealthy())
	healthy := time.Since(began)
	r.load.Stop()
	r.supervisor.Stop()
	drained := awaitDrained(t, r.stack)
	t.Logf("healthy again after %v, drained %v later", healthy.Round(time.Millisecond), drained.Round(time.Millisecond))
}

func (r *run) compare() {
	verified := verify(r.ledger, r.load.experiments, readRows(r.t, r.stack.Postgres, r.experiments))
	r.lateRows = verified.unacknowledged
	verifyTotals(r.t, r.ledger, r.stack.Postgres)
	r.tell()
}

// tell fails the test where something was found.
func (r *run) tell() {
	r.t.Helper()
	if found := r.ledger.found(); len(found) > 0 {
		r.t.Fatalf("%d findings:\n%s", len(found), strings.Join(found, "\n"))
	}
}
