package redact_test

import (
	"testing"

	"github.com/eci-conform/conform/internal/seeded"
)

func TestMain(m *testing.M) { seeded.Main(m) }
