package failure

import (
	"errors"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"mab/tests/harness"
)

// limitedDisk is an ordinary folder, for where nothing may be mounted: it is "full" for one process, whose writes fail.
type limitedDisk struct {
	dir string
	// process that writes there.
	process func() *harness.Process
}

func newLimitedDisk(process func() *harness.Process) (*limitedDisk, error) {
	// What this process ignores, those that it starts ignore: a write beyond the limit is an error, and no death.
	signal.Ignore(syscall.SIGXFSZ)
	dir, err := os.MkdirTemp("", "mab-disk-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		return nil, err
	}
	return &limitedDisk{dir: dir, process: process}, nil
}

func (d *limitedDisk) Dir() string { return d.dir }
func (d *limitedDisk) String() string {
	return "a limit of the file size, for nothing may be mounted here"
}
func (d *limitedDisk) Close() { os.RemoveAll(d.dir) }

func (d *limitedDisk) Fill(int64) error { return d.limit("0:unlimited") }
func (d *limitedDisk) Free() error      { return d.limit("unlimited") }

func (d *limitedDisk) limit(bytes string) error {
	pid := d.process().PID()
	// As the process's own user, who needs no right for this.
	err := harness.NewProcess("prlimit", d.dir, "/usr/bin/prlimit", []string{"--pid", strconv.Itoa(pid), "--fsize=" + bytes}, nil).Run(answerLimit)
	if d.process().PID() != pid {
		return nil // it has ended meanwhile, and its successor has no limit
	}
	return err
}

// newDisk mounts a small one, or makes the next best.
func newDisk(bytes int64, process func() *harness.Process) (disk, error) {
	small, err := mountSmallDisk(bytes)
	if err == nil {
		return small, nil
	}
	if !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.EACCES) {
		return nil, err
	}
	return newLimitedDisk(process)
}
