//! A store under the current names lists what is stored under earlier names, too.

use std::sync::Arc;

use viewflow_store::__private::{Names, Renamed};
use viewflow_store::{
    Change, Commit, MemoryStore, ProcessId, ProcessList, ProcessRecord, ProcessStatus, Store, Timestamp,
};

#[test]
fn processes_with_an_outcome_are_listed_newest_first_whatever_their_flow_was_called() {
    let store = Arc::new(MemoryStore::new());
    let over = |id, flow: &str| ProcessRecord {
        status: ProcessStatus::Done,
        outcome: Some("refused".to_owned()),
        ..ProcessRecord::new(ProcessId(id), flow, Timestamp::from_millis(0))
    };
    let all = [over(1, "claims"), over(2, "claim"), over(3, "claims"), over(4, "claim"), over(5, "other")];
    let changes = all.map(|process| Change::process(None, process)).into();
    store.commit(Commit { changes, ..Commit::default() }).unwrap().wait().unwrap();
    let mut names = Names::default();
    names.flow_was("claim", &["claims"]);
    let store = Renamed::over(store, names);
    let list = ProcessList::Outcome("claim".to_owned(), "refused".to_owned());
    let page = |after: Option<u64>, limit| -> Vec<u64> {
        let listed = store.list_processes(&list, after.map(ProcessId), limit).unwrap();
        listed.into_iter().map(|id| id.0).collect()
    };
    assert_eq!((page(None, 9), page(None, 3), page(Some(3), 9)), (vec![4, 3, 2, 1], vec![4, 3, 2], vec![2, 1]));
}
