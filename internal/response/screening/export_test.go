package screening

// Pack is for tests that write the table themselves.
var Pack = pack
