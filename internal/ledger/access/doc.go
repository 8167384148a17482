// Package access knows who acts and what he may do: users, their roles scoped by area and outbreak, sign-in, sessions and
// the tokens of programs, and the one table of rights.
//
// Invariants: nobody grants, or takes over, more than he holds himself; a secret is stored as a digest and a password as an
// argon2id hash; an account that does not exist costs and answers the same as one that does; the last administrator of the
// house stays. Sessions, tokens and lock-out run on the wall clock, never on the outbreak's.
// Every change is journalled as UserChanged, with ids alone.
package access
