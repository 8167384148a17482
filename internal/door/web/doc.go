// Package web is the door people come through with a browser: pages, their live fragments and the files they need.
//
// A page is one row of the route table (route.go), one handler and one template; a handler reads a slice's service and
// decides nothing. There is no SQL here, no right is granted here, and nothing here knows a rule of a disease.
//
// Every page is whole without JavaScript except that it then stands still. No page carries a style attribute, an inline
// script or an expression to be evaluated, so that the content security policy can forbid all three.
package web
