//! The times at which a `StartTimer` starts processes.

#[cfg(feature = "cron")]
mod zoned;

use std::time::Duration;

use viewflow_graph::Detail;
use viewflow_store::Timestamp;

/// A rhythm, and its text in the store. A process that was to start in another rhythm does not start.
pub(crate) struct Schedule {
    pub(crate) text: String,
    rhythm: Rhythm,
}

enum Rhythm {
    Every(Duration),
    #[cfg(feature = "cron")]
    Cron(Box<Cron>),
}

/// A cron pattern in a time zone.
#[cfg(feature = "cron")]
struct Cron {
    pattern: croner::Cron,
    zone: jiff::tz::TimeZone,
}

/// The table that records when processes were started.
pub(crate) const SCHEDULES: &str = "viewflow.schedule";

impl Schedule {
    /// Makes a rhythm of this length; at least a millisecond.
    pub(crate) fn every(interval: Duration) -> Self {
        let interval = interval.max(Duration::from_millis(1));
        Self { text: format!("every {} ms", interval.as_millis()), rhythm: Rhythm::Every(interval) }
    }

    /// Makes a rhythm in the syntax of crontab: minute, hour, day of the month, month, day of the week.
    #[cfg(feature = "cron")]
    pub(crate) fn cron(pattern: &str, name: Option<&str>) -> Result<Self, String> {
        let parsed = pattern.parse().map_err(|error| format!("`{pattern}` is no cron pattern: {error}"))?;
        let zone = match name {
            None => jiff::tz::TimeZone::UTC,
            Some("local") => jiff::tz::TimeZone::system(),
            Some(name) => {
                jiff::tz::TimeZone::get(name).map_err(|error| format!("`{name}` is no time zone: {error}"))?
            }
        };
        let rhythm = Rhythm::Cron(Box::new(Cron { pattern: parsed, zone }));
        Ok(Self { text: format!("{pattern} {}", name.unwrap_or("UTC")), rhythm })
    }

    /// Returns its description for charts.
    pub(crate) fn detail(&self) -> Detail {
        match self.rhythm {
            Rhythm::Every(interval) => Detail::Every(interval),
            #[cfg(feature = "cron")]
            Rhythm::Cron(_) => Detail::Cron(self.text.clone()),
        }
    }

    /// Returns when the first process starts. An interval begins at once.
    pub(crate) fn first(&self, now: Timestamp) -> Option<Timestamp> {
        match self.rhythm {
            Rhythm::Every(_) => Some(now),
            #[cfg(feature = "cron")]
            Rhythm::Cron(_) => self.after(now, now),
        }
    }

    /// Returns the next time after `now`, in the rhythm whose last time was `last`. Missed times are not made up for.
    pub(crate) fn after(&self, last: Timestamp, now: Timestamp) -> Option<Timestamp> {
        match &self.rhythm {
            Rhythm::Every(interval) => {
                let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
                let missed = now.as_millis().saturating_sub(last.as_millis()).max(0) / interval;
                let next = last.as_millis().saturating_add(interval.saturating_mul(missed.saturating_add(1)));
                Some(Timestamp::from_millis(next))
            }
            #[cfg(feature = "cron")]
            Rhythm::Cron(cron) => {
                let now = zoned::Zoned(jiff::Timestamp::from(now).to_zoned_datetime(cron.zone.clone()));
                // None if the pattern has no more times, such as the 30th of February.
                cron.pattern.find_next_occurrence(&now, false).ok().map(|next| next.0.timestamp().into())
            }
        }
    }
}
