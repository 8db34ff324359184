import Testing

@testable import KeepAlive

@Suite("The memory budget")
struct MemoryBudgetTests {
    @Test("Connections and lists of ranges share the limit")
    func shared() {
        var budget = MemoryBudget(limit: 1000)
        #expect(budget.has(1000) && !budget.has(1001))
        budget.take(400)
        #expect(budget.has(600) && !budget.has(601))
        budget.usedByRanges = 500
        #expect(budget.has(100) && !budget.has(101))
        budget.usedByRanges = 0
        #expect(budget.has(600))
    }
}
