package ledger

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// heartbeat is how often a session that has the lock says that its engine
// lives. One that does not for the time of silence is ended by the server.
const heartbeat = silence / 4

// lock takes the lock over all engines, waits for it as long as others have it,
// and follows.
func (p *postgres) lock(ctx context.Context, known position) (at position, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err = p.retry(ctx, func() error {
		at, err = p.take(ctx, known)
		return err
	})
	return at, err
}

// take is one attempt of lock. It is called with mu held.
func (p *postgres) take(ctx context.Context, known position) (position, error) {
	last, err := p.acquire(ctx)
	if err != nil {
		return position{}, err
	}
	if last.number == known.number && last.mark == known.mark {
		return known, nil
	}
	at, err := p.followOn(ctx, p.session, known)
	if err != nil {
		p.drop()
	}
	return at, err
}

// acquire takes the lock on the session, which it opens if there is none, and
// returns the last revision as of then. It is called with mu held.
func (p *postgres) acquire(ctx context.Context) (last position, err error) {
	if p.session == nil || p.session.IsClosed() {
		if p.session, err = pgx.ConnectConfig(ctx, p.config); err != nil {
			return last, err
		}
		go p.beat(p.session)
	}
	var asked pgx.Batch
	asked.Queue("SELECT pg_advisory_lock($1, 1), set_config('idle_session_timeout', $2, false)", p.turns, strconv.Itoa(int(silence.Milliseconds())))
	asked.Queue(lastRevision).QueryRow(func(row pgx.Row) error {
		last, err = scanRevision(row)
		return err
	})
	if err := p.session.SendBatch(ctx, &asked).Close(); err != nil {
		p.drop()
		return last, err
	}
	p.locked.Store(true)
	return last, nil
}

// drop ends the session, and with it the lock. It is called with mu held.
func (p *postgres) drop() {
	p.locked.Store(false)
	if p.session == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.session.Close(ctx) // the server ends what is left of it
	p.session = nil
}

func (p *postgres) unlock() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.locked.Swap(false) || p.session == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), silence)
	defer cancel()
	if _, err := p.session.Exec(ctx, "SELECT pg_advisory_unlock($1, 1), set_config('idle_session_timeout', '0', false)", p.turns); err != nil {
		p.drop()
	}
}

// beat keeps a session alive while it has the lock, and reports when it is
// lost.
func (p *postgres) beat(session *pgx.Conn) {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-p.closing:
			return
		}
		if !p.beatOnce(session) {
			return
		}
	}
}

// beatOnce reports whether the session is still in use.
func (p *postgres) beatOnce(session *pgx.Conn) bool {
	if !p.mu.TryLock() {
		return true // somebody is using it
	}
	defer p.mu.Unlock()
	switch {
	case p.session != session:
		return false
	case !p.locked.Load():
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), silence)
	defer cancel()
	if _, err := session.Exec(ctx, "SELECT 1"); err != nil {
		p.drop()
		go p.lost()
		return false
	}
	return true
}
