use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Report {
    #[field(default = 1)]
    minutes: u32,
}

#[derive(Flow)]
#[flow(process = Report)]
struct MyFlow {
    #[every("1h")]
    #[next(wait)]
    hourly: StartTimer,
    #[cron("0 8 * * 1-5", tz = "Europe/Berlin")]
    #[call(Self::begin)]
    #[next(wait)]
    morning: StartTimer,
    #[delay("2w")]
    #[next(count)]
    wait: Timer,
    #[delay(|a| std::time::Duration::from_secs(60) * a.process.minutes)]
    #[next(until)]
    count: Timer,
    #[delay(Self::when)]
    #[next(end)]
    until: Timer,
    end: End,
}

impl MyFlow {
    fn begin(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.minutes = 5;
        Ok(())
    }

    fn when(&self, a: &Activation<Self, ()>) -> Result<viewflow::Timestamp> {
        Ok(a.now())
    }
}

fn main() {}
