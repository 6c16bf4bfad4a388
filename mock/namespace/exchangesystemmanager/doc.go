// Package exchangesystemmanager is the namespace "Exchange System Manager": what
// administrators of the original did with Exchange's own setup and console before
// any store could be registered. It makes the Exchange organization, servers and
// stores. The original had no procedures for that; these are the emulator's own.
package exchangesystemmanager
