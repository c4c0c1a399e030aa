//! Times, as BPMN writes them.

use std::fmt::Write as _;
use std::time::Duration;

use crate::chart::escaped;
use crate::detail::Detail;

/// Returns the definition of an event that waits for a time.
pub(super) fn timer(id: &str, detail: Option<&Detail>) -> String {
    let (element, text) = match detail {
        Some(Detail::After(time)) => ("timeDuration", iso(*time)),
        Some(Detail::Every(time)) => ("timeCycle", format!("R/{}", iso(*time))),
        Some(Detail::Cron(pattern)) => ("timeCycle", escaped(pattern)),
        _ => ("timeDate", "asked when it is armed".to_owned()),
    };
    format!(
        "<timerEventDefinition id=\"{id}\"><{element} xsi:type=\"tFormalExpression\">{text}</{element}></timerEventDefinition>"
    )
}

/// Formats a length of time by ISO 8601.
fn iso(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let mut text = String::from("P");
    let part = |text: &mut String, count: u64, unit: char| {
        if count > 0 {
            let _ = write!(text, "{count}{unit}");
        }
    };
    part(&mut text, days, 'D');
    let (whole, millis) = (seconds % 60, time.subsec_millis());
    if !seconds.is_multiple_of(86_400) || millis > 0 || days == 0 {
        text.push('T');
        part(&mut text, hours, 'H');
        part(&mut text, minutes, 'M');
        if millis > 0 {
            let _ = write!(text, "{whole}.{millis:03}S");
        } else if whole > 0 || text.ends_with('T') {
            let _ = write!(text, "{whole}S");
        }
    }
    text
}
