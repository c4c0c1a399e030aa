//! The types of a store as text, and read back from it.

use std::time::Duration;

use viewflow_store::{NodeName, ProcessId, ProcessStatus, TaskId, TaskStatus, Timestamp, UserId};

#[test]
fn statuses_ids_and_names_are_read_back_from_their_text() {
    for status in TaskStatus::ALL {
        assert_eq!(status.to_string().parse(), Ok(status));
    }
    for status in ProcessStatus::ALL {
        assert_eq!(status.to_string().parse(), Ok(status));
    }
    let node = NodeName::new("publish", "review");
    assert_eq!((node.to_string(), "publish.review".parse()), ("publish.review".to_owned(), Ok(node)));
    let task = TaskId { process: ProcessId(7), ordinal: 3 };
    assert_eq!((task.to_string(), "7/3".parse()), ("7/3".to_owned(), Ok(task)));
    assert_eq!("ann".parse(), Ok(UserId::new("ann")));
}

#[test]
fn a_text_that_is_none_of_them_is_refused_with_what_to_write() {
    let refused = "open".parse::<ProcessStatus>().unwrap_err().to_string();
    assert_eq!(refused, "`open` is no status here: write one of `new`, `done`, `canceled`, `failed`, `suspended`");
    let refused = "review".parse::<NodeName>().unwrap_err().to_string();
    assert_eq!(refused, "`review` does not name a node: write `flow.node`, such as `publish.review`");
    let refused = "tomorrow".parse::<Timestamp>().unwrap_err().to_string();
    assert_eq!(refused, "`tomorrow` is no point in time: write it as RFC 3339, such as `2026-11-22T13:45:00Z`");
    assert!("7".parse::<TaskId>().is_err());
}

#[test]
fn a_time_is_shown_as_rfc_3339_and_takes_durations() {
    let noon: Timestamp = "2026-12-01T12:00:00+00:00".parse().unwrap();
    assert_eq!(noon.to_string(), "2026-12-01T12:00:00Z");
    assert_eq!((noon + Duration::from_millis(1500)).to_string(), "2026-12-01T12:00:01.5Z");
    assert_eq!((noon - Duration::from_hours(12)).to_string(), "2026-12-01T00:00:00Z");
    assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9223372036854775807 ms from 1970");
    assert_eq!(Timestamp::from_millis(i64::MAX) + Duration::MAX, Timestamp::from_millis(i64::MAX));
    assert_eq!(Timestamp::from_millis(i64::MIN) - Duration::MAX, Timestamp::from_millis(i64::MIN));
}
