package hsphere

import "context"

// TryToWrite writes through a panel's connection.
func TryToWrite(ctx context.Context, p *Panel) error {
	_, err := p.source.(*database).tx.Exec(ctx, "CREATE TABLE written (id integer)")
	return err
}
