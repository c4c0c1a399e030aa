//! Bills of departments: who works on a bill has to be permitted to, in the department that has ordered.

use viewflow::jiff::civil::Date;
use viewflow::prelude::*;
use viewflow::{Object, User};

#[derive(Entity, Clone, Debug)]
#[entity(label = name)]
pub struct Department {
    #[id]
    pub id: Id<Department>,
    #[field(unique, max_length = 50)]
    pub name: String,
}

#[derive(Entity, Clone, Debug)]
#[entity(label = item)]
pub struct Bill {
    #[id]
    pub id: Id<Bill>,
    #[field(index)]
    pub department: Ref<Department>,
    pub item: String,
    pub quantity: u32,
    pub payment_date: Option<Date>,
}

#[derive(Process, Clone, Debug)]
#[process(artifact = Ref<Bill>)]
pub struct BillProcess {
    #[field(default = false)]
    pub accepted: bool,
    #[field(default = false)]
    pub signed: bool,
    #[field(default = false)]
    pub validated: bool,
}

#[derive(Form, Clone, Debug)]
pub struct RegisterBill {
    pub department: Ref<Department>,
    #[field(max_length = 80)]
    pub item: String,
    #[field(min = 1)]
    pub quantity: u32,
}

#[derive(Form, Clone, Debug)]
pub struct SetPaydate {
    pub payment_date: Date,
}

/// Clear a bill.
#[derive(Flow)]
#[flow(process = BillProcess)]
pub struct BillFlow {
    #[form(RegisterBill)]
    #[submit(Self::register)]
    #[permission(auto, object = Self::department)]
    #[next(accept_bill)]
    register_bill: Start,

    #[fields(accepted)]
    #[permission(auto, object = Self::department)]
    #[next(is_accepted)]
    accept_bill: View,

    /// Accepted?
    #[cond(|a| a.process.accepted)]
    #[then(sign_bill)]
    #[otherwise(incorrect_bill)]
    is_accepted: If,

    #[fields(signed)]
    #[permission(auto, object = Self::department)]
    #[next(is_signed)]
    sign_bill: View,

    /// Signed?
    #[cond(|a| a.process.signed)]
    #[then(validate_bill)]
    #[otherwise(bill_rejected)]
    is_signed: If,

    #[fields(validated)]
    #[permission(auto, object = Self::department)]
    #[next(is_validated)]
    validate_bill: View,

    // What is not valid begins again.
    /// Valid?
    #[cond(|a| a.process.validated)]
    #[then(set_bill_paydate)]
    #[otherwise(accept_bill)]
    is_validated: If,

    #[form(SetPaydate)]
    #[submit(Self::set_paydate)]
    #[permission(auto, object = Self::department)]
    #[next(pay_bill)]
    set_bill_paydate: View,

    #[permission(auto, object = Self::department)]
    #[next(bill_paid)]
    pay_bill: ManualTask,

    bill_paid: End,

    incorrect_bill: End,

    bill_rejected: End,
}

impl BillFlow {
    fn register(&self, a: &mut Activation<Self, ()>, form: RegisterBill) -> Result<()> {
        let RegisterBill { department, item, quantity } = form;
        let bill = a.table().insert(Bill { id: Id::NEW, department, item, quantity, payment_date: None })?;
        a.process.artifact = Some(bill);
        Ok(())
    }

    /// On what every task takes its permission.
    fn department(&self, a: &Activation<Self, ()>) -> Result<Ref<Department>> {
        Ok(a.load(a.process.artifact)?.department)
    }

    fn set_paydate(&self, a: &mut Activation<Self, ()>, form: SetPaydate) -> Result<()> {
        a.change(a.process.artifact, |bill| bill.payment_date = Some(form.payment_date))
    }
}

/// Who works in a department, with what he may do there.
pub struct Clerk {
    pub name: &'static str,
    pub department: Ref<Department>,
    pub may: &'static [&'static str],
}

impl User for Clerk {
    fn id(&self) -> UserId {
        UserId::new(self.name)
    }

    fn has_permission(&self, permission: &str, object: Option<&Object>) -> bool {
        self.may.contains(&permission) && object.and_then(Object::row) == Some(self.department)
    }
}
