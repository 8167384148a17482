package registry_test

import (
	"testing"

	"breakwater/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
