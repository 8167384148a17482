// Package task holds the work of everybody: each item with what is to be done, about what, by which role, since when and
// until when. The backlog of the response is this one table.
//
// Invariants: a task has one cause and is opened once for it; it ends as done, removed (its reason is gone) or
// not_executable, and stays in the table. Most tasks end by the fact they wait for, some by hand.
//
// Events out: TaskOpened, TaskTaken, TaskEnded.
package task
