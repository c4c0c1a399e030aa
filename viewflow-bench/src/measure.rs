//! Medians, measurements in turns, and lines of output.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;

/// The result of a measurement, with any error that stopped it.
pub(crate) type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// The options of a run.
#[derive(Default)]
pub(crate) struct Run {
    /// The names of the figures; empty for all figures.
    pub names: Vec<String>,
    pub json: bool,
    pub quick: bool,
    /// The figures of an earlier run, to be shown with the new ones.
    pub before: Before,
}

impl Run {
    pub(crate) fn wants(&self, figure: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| name == figure)
    }

    /// Returns one of two sizes.
    pub(crate) fn size<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Returns the number of times that each way is measured.
    pub(crate) fn repeats(&self) -> usize {
        self.size(5, 3)
    }

    pub(crate) fn show(&self, row: &Row) {
        println!("{}", if self.json { row.json() } else { row.readable() + &self.before.beside(&row.figure) });
    }
}

/// The figures of an earlier run: the values, and the ratios of those that have one.
#[derive(Default)]
pub(crate) struct Before(BTreeMap<String, (f64, Option<f64>)>);

impl Before {
    /// Reads the lines that a run wrote with `--json`.
    pub(crate) fn read(lines: &str) -> Result<Self> {
        let mut figures = BTreeMap::new();
        for line in lines.lines().filter(|line| line.starts_with('{')) {
            let row: serde_json::Value = serde_json::from_str(line)?;
            let name = row["figure"].as_str().ok_or_else(|| format!("no figure in `{line}`"))?;
            // JSON has no infinity, so a missing number means that the work did not finish.
            figures.insert(name.to_owned(), (row["value"].as_f64().unwrap_or(f64::INFINITY), row["ratio"].as_f64()));
        }
        Ok(Self(figures))
    }

    fn beside(&self, figure: &str) -> String {
        let Some((value, ratio)) = self.0.get(figure) else { return String::new() };
        let ratio = ratio.map_or(String::new(), |ratio| format!(", ratio {ratio:.2}"));
        format!("; before {}{ratio}", readable(*value))
    }
}

#[derive(Clone, Copy)]
enum Target {
    AtLeast(f64),
    AtMost(f64),
}

/// One figure.
pub(crate) struct Row {
    figure: String,
    value: f64,
    unit: &'static str,
    against: Option<f64>,
    target: Option<Target>,
    /// The size at which the value was measured, and the size of the value that it is compared with.
    sizes: Option<(usize, usize)>,
    repeats: usize,
    note: String,
}

impl Row {
    pub(crate) fn new(figure: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            figure: figure.into(),
            value,
            unit,
            against: None,
            target: None,
            sizes: None,
            repeats: 1,
            note: String::new(),
        }
    }

    /// Sets the value to compare with, in the same unit.
    pub(crate) fn against(mut self, against: f64) -> Self {
        self.against = Some(against);
        self
    }

    /// Sets the least ratio that is allowed.
    pub(crate) fn at_least(mut self, target: f64) -> Self {
        self.target = Some(Target::AtLeast(target));
        self
    }

    /// Sets the greatest ratio that is allowed.
    pub(crate) fn at_most(mut self, target: f64) -> Self {
        self.target = Some(Target::AtMost(target));
        self
    }

    /// Sets the size at which the value was measured, and the size of the value to compare with.
    pub(crate) fn among(mut self, many: usize, few: usize) -> Self {
        self.sizes = Some((many, few));
        self
    }

    pub(crate) fn repeats(mut self, repeats: usize) -> Self {
        self.repeats = repeats;
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.against.map(|against| self.value / against)
    }

    /// Returns the power of the size with which the value grows: 0 for no growth, 1 for linear growth.
    fn exponent(&self) -> Option<f64> {
        let (many, few) = self.sizes?;
        self.ratio().map(|ratio| ratio.log(float(many) / float(few)))
    }

    fn is_met(&self) -> Option<bool> {
        let ratio = self.ratio()?;
        self.target.map(|target| match target {
            Target::AtLeast(least) => ratio >= least,
            Target::AtMost(most) => ratio <= most,
        })
    }

    fn json(&self) -> String {
        let number = |value: f64| if value.is_finite() { rounded(value).to_string() } else { "null".to_owned() };
        let optional = |value: Option<f64>| value.map_or("null".to_owned(), number);
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let mut parts = vec![
            ("figure", text(&self.figure)),
            ("value", number(self.value)),
            ("unit", text(self.unit)),
            ("against", optional(self.against)),
            ("ratio", optional(self.ratio())),
            ("repeats", self.repeats.to_string()),
        ];
        if let (Some(Target::AtLeast(target) | Target::AtMost(target)), Some(met)) = (self.target, self.is_met()) {
            parts.extend([("target", number(target)), ("met", met.to_string())]);
        }
        if let (Some((many, few)), Some(exponent)) = (self.sizes, self.exponent()) {
            parts.extend([("sizes", format!("[{few}, {many}]")), ("exponent", number(exponent))]);
        }
        if !self.note.is_empty() {
            parts.push(("note", text(&self.note)));
        }
        let parts: Vec<String> = parts.into_iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
        format!("{{{}}}", parts.join(", "))
    }

    fn readable(&self) -> String {
        let against = self.against.map_or(String::new(), |against| format!("against {:>12}", readable(against)));
        let ratio = self.ratio().map_or(String::new(), |ratio| format!("ratio {ratio:.2}"));
        let sign = |target| match target {
            Target::AtLeast(least) => format!(">= {least}"),
            Target::AtMost(most) => format!("<= {most}"),
        };
        let verdict = self.is_met().map(|met| if met { "met" } else { "MISSED" });
        let target = self.target.zip(verdict).map(|(target, verdict)| format!("{} {verdict}", sign(target)));
        let exponent = self.exponent().map_or(String::new(), |exponent| format!("exponent {exponent:.2}  "));
        let line = format!(
            "{:44} {:>12} {:12} {against:20}  {ratio:12} {:14} x{}  {exponent}{}",
            self.figure,
            readable(self.value),
            self.unit,
            target.unwrap_or_default(),
            self.repeats,
            self.note,
        );
        line.trim_end().to_owned()
    }
}

/// Rounds to four digits, which are more than enough.
fn rounded(value: f64) -> f64 {
    if value.abs() >= 1000.0 { value.round() } else { format!("{value:.4}").parse().unwrap_or(value) }
}

/// Formats a number with its thousands apart.
pub(crate) fn readable(value: f64) -> String {
    if value.abs() < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Converts a count to a number for calculations.
#[expect(clippy::cast_precision_loss, reason = "nothing here is counted beyond 2^52")]
pub(crate) fn float(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}

/// Returns the value below which `thousandths` of all values are.
pub(crate) fn per_mille(values: &mut [f64], thousandths: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((values.len() * thousandths / 1_000).min(last)).copied().unwrap_or(f64::NAN)
}

/// Returns the value below which `hundredths` of all values are.
pub(crate) fn percentile(values: &mut [f64], hundredths: usize) -> f64 {
    per_mille(values, 10 * hundredths)
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    percentile(values, 50)
}

/// Measures several ways in turns (A B A B ..), and returns the median of each.
pub(crate) fn in_turns<const N: usize>(
    repeats: usize,
    mut ways: [&mut dyn FnMut() -> Result<f64>; N],
) -> Result<[f64; N]> {
    let mut found: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    for _ in 0..repeats {
        for (way, found) in ways.iter_mut().zip(&mut found) {
            found.push(way()?);
        }
    }
    Ok(found.map(|mut values| median(&mut values)))
}

/// Returns the time of `work`, in seconds.
pub(crate) fn seconds<R>(work: impl FnOnce() -> Result<R>) -> Result<f64> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Returns the median time of `work`, in microseconds.
///
/// `work` returns the time of the part that counts, in seconds.
pub(crate) fn micros(rounds: usize, mut work: impl FnMut() -> Result<f64>) -> Result<f64> {
    let mut times = (0..rounds).map(|_| work()).collect::<Result<Vec<f64>>>()?;
    Ok(median(&mut times) * 1e6)
}

/// Runs `work` on several threads at once, with the number of each thread.
pub(crate) fn in_threads(count: usize, work: impl Fn(usize) -> Result<()> + Sync) -> Result<()> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|number| scope.spawn(move || work(number))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err("a thread panicked".into())))
    })
}

/// Pseudo-random numbers that are the same on every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: usize) -> Self {
        Self(0x9E37_79B9_7F4A_7C15 ^ (seed as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    /// Returns a number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % limit.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle_and_numbers_can_be_read() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]).total_cmp(&2.0), std::cmp::Ordering::Equal);
        assert_eq!(readable(1_234_567.0), "1,234,567");
        assert_eq!(readable(123.4), "123");
        assert_eq!(readable(1.239), "1.24");
    }

    #[test]
    fn a_ratio_is_held_against_its_target() {
        let row = Row::new("x", 8.0, "steps/s").against(10.0);
        assert_eq!(row.is_met(), None);
        assert_eq!(
            row.json(),
            r#"{"figure": "x", "value": 8, "unit": "steps/s", "against": 10, "ratio": 0.8, "repeats": 1}"#
        );
        let grown = Row::new("x", 20.0, "us").against(2.0).among(1_000, 10);
        assert!(grown.readable().contains("exponent 0.50"), "{}", grown.readable());
        assert!(grown.json().contains(r#""sizes": [10, 1000], "exponent": 0.5"#), "{}", grown.json());
        let before = Before::read(&format!("{}\nthis is no figure\n", grown.json())).unwrap();
        assert_eq!(before.beside("x"), "; before 20.00, ratio 10.00");
        assert_eq!(before.beside("y"), "");
        assert_eq!(row.at_least(0.9).is_met(), Some(false));
        assert_eq!(Row::new("x", 8.0, "us").against(10.0).at_most(1.0).is_met(), Some(true));
    }
}
