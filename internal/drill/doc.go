// Package drill drives a running house through its public interface, as sampling teams, laboratories, dispatchers and sites
// would: the demo's synthetic city, and rehearsals of load and crashes. It knows the truth of what it plays and nothing of
// what is inside; what the house found is read back through the interface.
package drill
