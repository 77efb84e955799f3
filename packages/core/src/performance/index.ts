// What a series of returns earned and how it came about: the figures of a tear sheet.
export { calendarReturns, type CalendarReturn } from './calendar-returns.ts';
export { compounded, drawdownSeries, drawdowns, type Drawdown } from './drawdowns.ts';
export {
  benchmarkStatistics,
  performanceStatistics,
  type BenchmarkStatistics,
  type PerformanceOptions,
  type PerformanceStatistics,
} from './statistics.ts';
