// Package api is the door for programs: JSON under /api/v1, described by OpenAPI 3.1 at /api/v1/openapi.json.
//
// Each route names the permission it needs; it cannot be added without one. The permission is asked for before the body is
// read, and again, with the scope of the thing itself, by the service. A refusal is a problem document (RFC 9457) with a key
// of the word catalogue, its slots and the sentence in the reader's language; it never repeats what was sent.
package api
