//! A shop's shipment: the clerk arranges carrier and insurance while the warehouse packs the goods.

use std::sync::mpsc::Sender;

use viewflow::User;
use viewflow::people::Object;
use viewflow::prelude::*;

/// A company that takes parcels.
#[derive(Entity, Clone, Debug)]
#[entity(label = name)]
pub struct Carrier {
    #[id]
    pub id: Id<Carrier>,
    #[field(unique, max_length = 50)]
    pub name: String,
}

#[derive(Entity, Clone, Debug)]
#[entity(label = company)]
pub struct Insurance {
    #[id]
    pub id: Id<Insurance>,
    pub company: String,
    pub cents: u32,
}

#[derive(Embedded, Clone, Debug, Default)]
pub struct Customer {
    pub name: String,
    pub address: String,
}

#[derive(Embedded, Clone, Debug)]
pub struct Item {
    pub name: String,
    #[field(min = 1)]
    pub quantity: u32,
}

/// The subject of the process. It stays when the process is over.
#[derive(Entity, Clone, Debug, Default)]
pub struct Shipment {
    #[id]
    pub id: Id<Shipment>,
    pub customer: Customer,
    pub items: Vec<Item>,
    /// The carrier; empty if the shipment goes by post.
    pub carrier: Option<Ref<Carrier>>,
    /// The price that the carrier asks, in cents.
    pub quote: Option<u32>,
    pub need_insurance: bool,
    pub insurance: Option<Ref<Insurance>>,
    pub post_label: Option<String>,
}

/// A process without fields of its own: all data is in the shipment.
#[derive(Process, Clone, Debug)]
#[process(artifact = Ref<Shipment>)]
pub struct ShipmentProcess {}

#[derive(Form, Clone, Debug)]
pub struct RegisterShipment {
    pub customer: Customer,
    pub items: Vec<Item>,
}

/// The way in which the shipment is sent.
#[derive(Form, Clone, Debug)]
pub enum ShipBy {
    /// The post has fixed prices: the shipment needs a label, but no quote.
    #[case(title = "By post")]
    Post,
    #[case(title = "By a carrier")]
    Carrier { carrier: Ref<Carrier> },
}

#[derive(Form, Clone, Debug)]
pub struct EnterQuote {
    pub cents: u32,
}

#[derive(Form, Clone, Debug)]
pub struct CheckInsurance {
    pub need_insurance: bool,
}

#[derive(Form, Clone, Debug)]
pub struct FillPostLabel {
    #[field(max_length = 80)]
    pub post_label: String,
}

#[derive(Form, Clone, Debug)]
pub struct TakeInsurance {
    pub company: String,
    pub cents: u32,
}

/// Ship an order.
#[derive(Flow)]
#[flow(process = ShipmentProcess, lock = "examples/shipment/flow.lock")]
pub struct ShipmentFlow {
    mail: Sender<String>,

    #[form(RegisterShipment)]
    #[submit(Self::register)]
    #[permission(auto)]
    #[next(split_clerk_warehouse)]
    start: Start,

    #[branch(shipment_type)]
    #[branch(package_goods)]
    split_clerk_warehouse: Split,

    #[form(ShipBy)]
    #[submit(Self::choose_carrier)]
    #[assign(same_as = start)]
    #[on_timeout(after = "1d", then = remind_clerk, interrupting = false)]
    #[case(Post => check_insurance)]
    #[case(Carrier => request_quotes)]
    shipment_type: View,

    #[call(Self::remind)]
    #[next(reminded)]
    remind_clerk: Job,

    reminded: End,

    #[form(EnterQuote)]
    #[submit(Self::enter_quote)]
    #[assign(same_as = start)]
    #[next(join_clerk_warehouse)]
    request_quotes: View,

    #[form(CheckInsurance)]
    #[submit(Self::check)]
    #[assign(same_as = start)]
    #[next(split_on_insurance)]
    check_insurance: View,

    #[branch(take_extra_insurance, cond = |a| a.load(a.process.artifact)?.need_insurance)]
    #[branch(fill_post_label)]
    split_on_insurance: Split,

    #[form(TakeInsurance)]
    #[submit(Self::insure)]
    #[permission(auto)]
    #[next(join_on_insurance)]
    take_extra_insurance: View,

    #[form(FillPostLabel)]
    #[submit(Self::label)]
    #[assign(same_as = start)]
    #[next(join_on_insurance)]
    fill_post_label: View,

    #[next(join_clerk_warehouse)]
    join_on_insurance: Join,

    #[permission(auto)]
    #[next(join_clerk_warehouse)]
    package_goods: ManualTask,

    #[next(move_package)]
    join_clerk_warehouse: Join,

    // The person that packed the parcel knows where it is.
    #[assign(same_as = package_goods)]
    #[next(end)]
    move_package: ManualTask,

    end: End,
}

impl ShipmentFlow {
    fn register(&self, a: &mut Activation<Self, ()>, form: RegisterShipment) -> Result<()> {
        let RegisterShipment { customer, items } = form;
        let shipment = Shipment { customer, items, ..Shipment::default() };
        a.process.artifact = Some(a.table().insert(shipment)?);
        Ok(())
    }

    fn choose_carrier(&self, a: &mut Activation<Self, ()>, by: ShipBy) -> Result<()> {
        let carrier = match by {
            ShipBy::Post => None,
            ShipBy::Carrier { carrier } => Some(carrier),
        };
        a.change(a.process.artifact, |shipment| shipment.carrier = carrier)
    }

    fn enter_quote(&self, a: &mut Activation<Self, ()>, form: EnterQuote) -> Result<()> {
        a.change(a.process.artifact, |shipment| shipment.quote = Some(form.cents))
    }

    fn check(&self, a: &mut Activation<Self, ()>, form: CheckInsurance) -> Result<()> {
        a.change(a.process.artifact, |shipment| shipment.need_insurance = form.need_insurance)
    }

    fn label(&self, a: &mut Activation<Self, ()>, form: FillPostLabel) -> Result<()> {
        a.change(a.process.artifact, |shipment| shipment.post_label = Some(form.post_label))
    }

    fn insure(&self, a: &mut Activation<Self, ()>, form: TakeInsurance) -> Result<()> {
        let insurance = Insurance { id: Id::NEW, company: form.company, cents: form.cents };
        let insurance = a.table().insert(insurance)?;
        a.change(a.process.artifact, |shipment| shipment.insurance = Some(insurance))
    }

    /// Runs on a worker, outside of any step, since a mail cannot be taken back.
    fn remind(&self, job: &JobRun<Self>) -> Result<()> {
        let shipment = job.load(job.process.artifact)?;
        let mail = format!("the shipment to {} has no carrier yet", shipment.customer.name);
        self.mail.send(mail).map_err(Error::other)
    }
}

/// A person that works in the shop.
pub struct Worker {
    pub name: &'static str,
    pub may: &'static [&'static str],
}

impl User for Worker {
    fn id(&self) -> UserId {
        UserId::new(self.name)
    }

    fn has_permission(&self, permission: &str, _: Option<&Object>) -> bool {
        self.may.contains(&permission)
    }
}
