// Package watch is the door for the programs that watch over a site: figures in Prometheus' format, whether the program
// lives, whether it is ready to work. It shows no names, no identifiers of people and no addresses of pages.
package watch
