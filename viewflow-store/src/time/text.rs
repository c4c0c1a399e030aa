//! Points in time as text: RFC 3339 in UTC, such as `2026-11-22T13:45:00Z`.
//!
//! `jiff::Timestamp` writes the same text, so a field can change from one type to the other. A year before 0 has a
//! minus and six digits, as in ISO 8601.

use super::Timestamp;

const DAY: i64 = 86_400_000;
/// The last year written with four digits. The first one is as far on the other side.
const LAST_YEAR: i64 = 9999;

impl Timestamp {
    /// Returns the point in time as text, with as many digits of the second as it needs; none if it is beyond the year
    /// 9999.
    pub fn to_text(self) -> Option<String> {
        let (year, month, day) = date_of(self.0.div_euclid(DAY));
        if !(-LAST_YEAR..=LAST_YEAR).contains(&year) {
            return None;
        }
        let year = if year < 0 { format!("-{:06}", -year) } else { format!("{year:04}") };
        let seconds = self.0.rem_euclid(DAY) / 1000;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let fraction = match self.0.rem_euclid(1000) {
            0 => String::new(),
            millis => format!(".{millis:03}").trim_end_matches('0').to_owned(),
        };
        Some(format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
    }

    /// Reads a date and time with its offset from UTC.
    ///
    /// Parts finer than a millisecond are dropped. A leap second counts as the second before it. The name of a zone in
    /// brackets after the offset is ignored.
    pub fn from_text(text: &str) -> Option<Self> {
        let (text, zone) = text.split_once('[').unwrap_or((text, "]"));
        if zone.find(']')? + 1 != zone.len() {
            return None;
        }
        let mut rest = Rest(text);
        let days = rest.date()?;
        rest.one_of("Tt ")?;
        let millis = rest.time()?;
        let offset = rest.offset()?;
        rest.0.is_empty().then_some(Self(days * DAY + millis - offset))
    }
}

/// The part of a text that is still to be read.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    /// Reads a date. Returns the days since 1970-01-01.
    fn date(&mut self) -> Option<i64> {
        let year = match self.one_of("+-") {
            Some(sign) => self.number(6)? * if sign == '-' { -1 } else { 1 },
            None => self.number(4)?,
        };
        self.one_of("-")?;
        let month = self.up_to(12)?;
        self.one_of("-")?;
        let day = self.up_to(31)?;
        let days = days_before(year, month, day);
        // A day that the month does not have belongs to the next month. A month or day 0 belongs to another year or
        // month.
        (year.abs() <= LAST_YEAR && date_of(days) == (year, month, day)).then_some(days)
    }

    /// Reads a time. Returns the milliseconds since midnight.
    fn time(&mut self) -> Option<i64> {
        let hour = self.up_to(23)?;
        self.one_of(":")?;
        let minute = self.up_to(59)?;
        self.one_of(":")?;
        let second = self.up_to(60)?.min(59);
        Some(((hour * 60 + minute) * 60 + second) * 1000 + self.fraction()?)
    }

    /// Reads a fraction of a second, if there is one. Returns its milliseconds.
    fn fraction(&mut self) -> Option<i64> {
        if self.one_of(".").is_none() {
            return Some(0);
        }
        let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (fraction, rest) = self.0.split_at_checked(digits).filter(|(fraction, _)| !fraction.is_empty())?;
        self.0 = rest;
        format!("{fraction:0<3}").get(..3)?.parse().ok()
    }

    /// Reads an offset. Returns the milliseconds by which the text is ahead of UTC.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.one_of("Zz+-")? {
            '+' => 1,
            '-' => -1,
            _ => return Some(0),
        };
        let hours = self.up_to(25)?;
        self.one_of(":")?;
        let minutes = self.up_to(59)?;
        let seconds = if self.one_of(":").is_some() { self.up_to(59)? } else { 0 };
        Some(sign * ((hours * 60 + minutes) * 60 + seconds) * 1000)
    }

    fn one_of(&mut self, any: &str) -> Option<char> {
        let first = self.0.chars().next().filter(|first| any.contains(*first))?;
        self.0 = self.0.get(first.len_utf8()..)?;
        Some(first)
    }

    /// Reads a number of two digits that is at most `greatest`.
    fn up_to(&mut self, greatest: i64) -> Option<i64> {
        self.number(2).filter(|number| *number <= greatest)
    }

    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
    }
}

/// The days of 400 years, after which the calendar repeats.
const ERA: i64 = 146_097;
/// The days from 0000-03-01 to 1970-01-01.
const TO_1970: i64 = 719_468;

/// Returns the year, month and day this many days after 1970-01-01: Hinnant, "chrono-compatible low-level date
/// algorithms" (2013).
fn date_of(days: i64) -> (i64, i64, i64) {
    let (era, day_of_era) = ((days + TO_1970).div_euclid(ERA), (days + TO_1970).rem_euclid(ERA));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    // Years begin in March, so that a leap day is the last day.
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// Returns the days from 1970-01-01 to a date, after the same source.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - TO_1970
}
