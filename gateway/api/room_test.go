package api

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhoeverFindsNoRoomWaitsAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom()
		began := time.Now()
		giveBack, err := r.take(t.Context(), roomBytes)
		if err != nil || time.Since(began) != 0 {
			t.Fatalf("the first: %v after %v", err, time.Since(began))
		}
		if _, err := r.take(t.Context(), smallBytes); err != nil || time.Since(began) != 0 {
			t.Errorf("a small one: %v after %v", err, time.Since(began))
		}
		if _, err := r.take(t.Context(), smallBytes+1); err != errNoRoom || time.Since(began) != roomPatience {
			t.Errorf("a large one: %v after %v", err, time.Since(began))
		}
		time.AfterFunc(roomPatience/2, giveBack)
		giveBack, err = r.take(t.Context(), roomBytes)
		if err != nil || time.Since(began) != roomPatience+roomPatience/2 {
			t.Errorf("when there is room: %v after %v", err, time.Since(began))
		}
		giveBack()
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.take(cancelled, smallBytes+1); err != errNoRoom {
			t.Errorf("one who left: %v", err)
		}
	})
}

// Otherwise it would never be decoded.
func TestTheLargestRequestFits(t *testing.T) {
	const mostBytes = 2 << 20 // of MAB_MAX_BODY_BYTES
	limit := limitOf(private, mostBytes)
	if largest := limit.bytes + int64(limit.values)*valueBytes; largest > roomBytes {
		t.Errorf("%d bytes", largest)
	}
}
