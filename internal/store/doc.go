// Package store is the one seam to SQL: SQLite in a file by default, PostgreSQL when a site outgrows it.
//
// A room asks for Read or Write and gets a *Tx; everything inside the closure happens or nothing does. A Write closure does
// no I/O of its own, starts no goroutine and may run twice. Writers of one database run one after the other on both
// engines (one writer in each process, an advisory lock between processes on PostgreSQL), so that what a closure reads stays
// true until it commits. Closures that wait at the same time share a commit: queue.go, writer.go and batch.go. The statements are owned by the rooms that use them and are written once for both engines:
//
//   - placeholders $1..$n, each for one column type;
//   - arguments of integer, text, []byte or float kinds, nothing else: a time is an outbreak.Instant;
//   - duplicates by "on conflict (cols) do nothing" and the number of rows, never by catching a failure;
//   - in migrations the words {{id}}, {{blob}}, {{small}} and the like stand for the engine's own; names sort by bytes on both.
package store
