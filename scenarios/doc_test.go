// Package scenarios holds stories: what people and laboratories do to a house through its interface, and what it answers.
// Each *.txtar file is one story, run from a fresh house on each database, with clocks that stand still until the story
// moves them. README.md says how a story is written.
package scenarios
