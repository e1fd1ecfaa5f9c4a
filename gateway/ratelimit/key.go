package ratelimit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/netip"

	"github.com/dchest/siphash"

	"mab/gateway/address"
)

// key names a bucket. It is a keyed hash: neither this process nor Redis keeps addresses, and nobody can choose names
// that meet in one place of the table.
type key struct{ high, low uint64 }

// redisName is the bucket's key in Redis.
func (k key) redisName(of Class) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], k.high)
	binary.BigEndian.PutUint64(raw[8:], k.low)
	return "mab:limit:" + of.String() + ":" + hex.EncodeToString(raw[:])
}

// namer makes keys. Gateways of one secret make the same ones.
type namer struct{ k0, k1 uint64 }

func newNamer(secret string) namer {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("mab rate limits"))
	sum := mac.Sum(nil)
	return namer{binary.BigEndian.Uint64(sum), binary.BigEndian.Uint64(sum[8:])}
}

func (n namer) ofText(class Class, text string) key {
	var buffer [64]byte
	return n.hash(append(append(buffer[:0], byte(class)), text...))
}

func (n namer) ofAddress(class Class, client netip.Addr) key {
	var buffer [17]byte
	name := append(buffer[:0], byte(class))
	sixteen := address.Customer(client).As16()
	return n.hash(append(name, sixteen[:]...))
}

func (n namer) hash(name []byte) key {
	low, high := siphash.Hash128(n.k0, n.k1, name)
	return key{high: high, low: low}
}
