package ofrep

import (
	"net/netip"
	"testing"
)

func TestPlacesAreBoundedInAllAndOfAnAddress(t *testing.T) {
	leaving := false
	e := &Events{max: streamsOfAddress + 1, leaving: func() bool { return leaving }, ofAddress: map[netip.Addr]int{}}
	office, home := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for i := range streamsOfAddress {
		if !e.enter(office) {
			t.Fatalf("stream %d of an address was refused", i)
		}
	}
	if e.enter(office) {
		t.Error("an address has one too many")
	}
	if !e.enter(home) || e.enter(home) {
		t.Error("the places of all are not counted")
	}
	e.leave(office)
	if e.Open() != streamsOfAddress {
		t.Errorf("%d are open", e.Open())
	}
	leaving = true
	if e.enter(home) {
		t.Error("one was let in while connections are to end")
	}
	leaving = false
	if !e.enter(home) {
		t.Error("a place that is free again is not had")
	}
	e.leave(home)
	e.leave(home)
	for range streamsOfAddress - 1 {
		e.leave(office)
	}
	if e.Open() != 0 || len(e.ofAddress) != 0 {
		t.Errorf("%d are open, %d addresses are known", e.Open(), len(e.ofAddress))
	}
}
