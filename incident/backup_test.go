package incident

import (
	"testing"
	"time"
)

// TestBackupDue: when the next backup and the next test are due.
func TestBackupDue(t *testing.T) {
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	plan := BackupPlan{Every: day, TestEvery: 7 * day}
	made := func(ago time.Duration) Backups {
		return Backups{Last: &BackupMade{}, At: now.Add(-ago), Schedule: now.Add(-ago), Tested: now.Add(-ago)}
	}
	failed := made(8 * time.Hour)
	failed.Trouble, failed.Tested = "does not fit", now.Add(-9*time.Hour)
	byHand := made(2 * day)
	byHand.At = now
	for _, row := range []struct {
		why       string
		plan      BackupPlan
		b         Backups
		due, test bool
	}{
		{"nothing was ever made", plan, Backups{}, true, false},
		{"nothing is scheduled", BackupPlan{}, made(99 * day), false, false},
		{"made an hour ago", plan, made(time.Hour), false, false},
		{"made a day ago to the second", plan, made(day), true, false},
		{"made and tested eight days ago", plan, made(8 * day), true, true},
		{"a backup by hand does not put the schedule off", plan, byHand, true, false},
		{"made by a clock that was three days ahead", plan, made(-3 * day), true, false},
		{"a failed test is done again with the next backup", plan, failed, false, true},
	} {
		if due, test := row.plan.Due(row.b, now), row.plan.TestDue(row.b, now); due != row.due || test != row.test {
			t.Errorf("%s: due %v, test due %v", row.why, due, test)
		}
	}
}
