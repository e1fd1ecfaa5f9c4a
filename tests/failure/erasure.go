package failure

import (
	"context"
	"math/rand/v2"
	"time"
)

// eraser erases a visitor everywhere, and says how many assignments he had.
type eraser func(ctx context.Context, user string) (assignments int, err error)

// eraseVisitor asks until it is acknowledged: nobody knows in which life a visitor is whose erasure was not answered.
// Nothing else is asked of him meanwhile.
func (l *load) eraseVisitor(v *visitor, random *rand.Rand) {
	v.gate.Lock()
	defer v.gate.Unlock()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
		_, err := l.erase(ctx, v.id)
		cancel()
		if err == nil {
			v.reborn()
			l.ledger.erasures.Add(1)
			l.ledger.acknowledged.Add(1)
			return
		}
		if judge(err) != refusal {
			l.ledger.find("erasing %s: %v", v.id, err)
			return
		}
		l.ledger.refused.Add(1)
		time.Sleep(time.Duration(20+random.IntN(100)) * time.Millisecond)
	}
}
