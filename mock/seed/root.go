package seed

import (
	"context"
	"slices"
	"sync"

	"wsexchange/mock/directory"
	"wsexchange/mock/mail"
	"wsexchange/mock/plan"
	"wsexchange/mock/queue"
	"wsexchange/mock/replica"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

// Schema returns the schema of all rooms.
func Schema() (*state.Schema, error) { return schema() }

var schema = sync.OnceValues(func() (*state.Schema, error) {
	return state.NewSchema(slices.Concat(
		[]state.Declaration{state.Counters()},
		directory.Tables(), mail.Tables(), resource.Tables(), plan.Tables(), queue.Tables(), replica.Tables(),
	)...)
})

// Env completes the environment of transactions with what the rooms need:
// passwords, and what goes with a deleted object. Everything that runs
// transactions on a root of Schema has to use such an environment.
func Env(env state.Env, passwords *directory.Passwords) state.Env {
	env.Deleted = append(env.Deleted[:len(env.Deleted):len(env.Deleted)], mail.ObjectDeleted)
	passwords.Into(&env)
	return env
}

// Root returns the state of a seed, without any ledger, as its first revision.
// env is the environment, with passwords and NewGUID. It fails as [Write] does,
// or with its cause if ctx ends.
func Root(ctx context.Context, env state.Env, s Seed) (*state.Root, error) {
	schema, err := Schema()
	if err != nil {
		return nil, err
	}
	hashes, err := Hash(ctx, nil, s)
	if err != nil {
		return nil, err
	}
	tx := schema.Root().Begin(env).With(ctx)
	err = hashes.Write(tx, s)
	if err != nil {
		return nil, err
	}
	tx.ForgetChanges()
	return tx.Root(1), nil
}
