//! Bills of departments: a person that works on a bill needs a permission in the department that has ordered.

use viewflow::User;
use viewflow::jiff::civil::Date;
use viewflow::people::Object;
use viewflow::prelude::*;

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
pub struct BillProcess {}

#[derive(Form, Clone, Debug)]
pub struct RegisterBill {
    pub department: Ref<Department>,
    #[field(max_length = 80)]
    pub item: String,
    #[field(min = 1)]
    pub quantity: u32,
}

/// Whether the bill is complete and correct.
#[derive(Form, Clone, Debug)]
pub enum Acceptance {
    Accept,
    #[case(title = "Incorrect")]
    Refuse {
        /// The mistake in the bill.
        #[field(max_length = 200)]
        mistake: String,
    },
}

#[derive(Form, Clone, Debug)]
pub enum Signature {
    Sign,
    Reject {
        #[field(max_length = 200)]
        reason: String,
    },
}

#[derive(Form, Clone, Debug)]
pub enum Validation {
    Valid,
    #[case(title = "Begin again")]
    Again,
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

    #[form(Acceptance)]
    #[permission(auto, object = Self::department)]
    #[case(Accept => sign_bill)]
    #[case(Refuse => incorrect_bill, task_seed = |_, v| v.mistake.clone())]
    accept_bill: View,

    #[form(Signature)]
    #[permission(auto, object = Self::department)]
    #[case(Sign => validate_bill)]
    #[case(Reject => bill_rejected, task_seed = |_, v| v.reason.clone())]
    sign_bill: View,

    #[form(Validation)]
    #[permission(auto, object = Self::department)]
    #[case(Valid => set_bill_paydate)]
    #[case(Again => accept_bill)]
    validate_bill: View,

    #[form(SetPaydate)]
    #[submit(Self::set_paydate)]
    #[permission(auto, object = Self::department)]
    #[next(pay_bill)]
    set_bill_paydate: View,

    #[permission(auto, object = Self::department)]
    #[next(bill_paid)]
    pay_bill: ManualTask,

    bill_paid: End,

    incorrect_bill: End<Seed<String>>,

    bill_rejected: End<Seed<String>>,
}

impl BillFlow {
    fn register(&self, a: &mut Activation<Self, ()>, form: RegisterBill) -> Result<()> {
        let RegisterBill { department, item, quantity } = form;
        let bill = a.table().insert(Bill { id: Id::NEW, department, item, quantity, payment_date: None })?;
        a.process.artifact = Some(bill);
        Ok(())
    }

    /// Returns the object of every permission: the department that has ordered.
    fn department(&self, a: &Activation<Self, ()>) -> Result<Ref<Department>> {
        Ok(a.load(a.process.artifact)?.department)
    }

    fn set_paydate(&self, a: &mut Activation<Self, ()>, form: SetPaydate) -> Result<()> {
        a.change(a.process.artifact, |bill| bill.payment_date = Some(form.payment_date))
    }
}

/// A person that works in a department, with the permissions that they have there.
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
        self.may.contains(&permission) && object.and_then(Department::row_in) == Some(self.department)
    }
}
