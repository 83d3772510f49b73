package check

import "time"

// Moment reads a time as ISO 8601 has it, with or without seconds. Which form a
// member must have is a promise of its own.
func Moment(text string) (t time.Time, ok bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
