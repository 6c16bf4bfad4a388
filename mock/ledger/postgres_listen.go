package ledger

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// listenPause is how long an engine waits for a notification before it looks by
// itself whether others have committed: one may be lost.
const listenPause = 2 * time.Second

// listen follows notifications. One is a reason to look, and is not believed.
func (p *postgres) listen(ctx context.Context, heard func()) {
	for ctx.Err() == nil {
		if p.ears == nil {
			if err := p.hear(ctx); err != nil {
				p.logger.Warn("the database cannot be reached: what other engines commit is not heard of", "database", p.shown, "error", err)
				_ = p.pause(ctx, time.Second)
				continue
			}
			heard()
		}
		waiting, cancel := context.WithTimeout(ctx, listenPause)
		_, err := p.ears.WaitForNotification(waiting)
		quiet := err != nil && waiting.Err() != nil && ctx.Err() == nil
		cancel()
		if err != nil && (!quiet || p.ears.IsClosed()) {
			p.deafen()
			continue
		}
		heard()
	}
}

// hear opens the connection for notifications. As long as it is open, this
// engine counts as living.
func (p *postgres) hear(ctx context.Context) error {
	return p.retry(ctx, func() (err error) {
		if p.ears, err = pgx.ConnectConfig(ctx, p.config); err != nil {
			return err
		}
		_, err = p.ears.Exec(ctx, "LISTEN "+pgx.Identifier{p.channel()}.Sanitize())
		if err == nil {
			// The session of before may hold it for a while after it was lost.
			_, err = p.ears.Exec(ctx, "SELECT pg_advisory_lock_shared($1, $2)", p.lives, int32(p.id))
		}
		if err != nil {
			p.deafen()
		}
		return err
	})
}

func (p *postgres) channel() string { return "mockmpf " + p.scope }

func (p *postgres) deafen() {
	if p.ears == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.ears.Close(ctx) // the server ends what is left of it
	p.ears = nil
}

func (p *postgres) owner() string { return strconv.FormatInt(p.id, 10) }

// owners returns this process and those that hold the lock of their life.
func (p *postgres) owners(ctx context.Context) (map[string]bool, error) {
	living := map[string]bool{p.owner(): true}
	rows, err := p.pool.Query(ctx, "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid::bigint = $1 AND objsubid = 2"+
		" AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", int64(uint32(p.lives)))
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	for _, id := range ids {
		living[strconv.FormatInt(id, 10)] = true
	}
	return living, err
}
