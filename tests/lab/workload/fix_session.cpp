// SPDX-License-Identifier: BSD-2-Clause
//
// A FIX 4.4 order session with the QuickFIX library: `fix_session accept ADDRESS PORT` fills every
// order, `fix_session initiate ADDRESS PORT RATE` logs on, sends RATE orders a second and times the
// answers.
//
// It speaks like the other workload programs: a ready line once logged on (the acceptor: once it
// listens), truth on SIGUSR1 and at the end. The library reconnects by itself every two seconds.
// Sequence numbers are kept in memory and begin anew with each logon, so nothing is left on disk.
#include <quickfix/Application.h>
#include <quickfix/MessageStore.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>
#include <quickfix/SocketInitiator.h>
#include <quickfix/fix44/ExecutionReport.h>
#include <quickfix/fix44/NewOrderSingle.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

// Older versions of the library say what their callbacks throw in the language's older way.
#ifndef EXCEPT
#define EXCEPT(...) throw(__VA_ARGS__)
#endif

namespace
{

using Clock = std::chrono::steady_clock;

const size_t kWaitingMax = 10000;

class Trader : public FIX::Application
{
      public:
	explicit Trader(bool accepts) : accepts_(accepts)
	{
	}

	void onCreate(const FIX::SessionID &) override
	{
	}
	void onLogon(const FIX::SessionID &session) override
	{
		logons_++;
		session_ = session;
		up_ = true;
		if (!accepts_)
			sayReady();
	}
	void onLogout(const FIX::SessionID &) override
	{
		logouts_ += up_.exchange(false);
	}
	void toAdmin(FIX::Message &, const FIX::SessionID &) override
	{
	}
	void toApp(FIX::Message &, const FIX::SessionID &) EXCEPT(FIX::DoNotSend) override
	{
	}
	void fromAdmin(const FIX::Message &, const FIX::SessionID &)
		EXCEPT(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue,
		       FIX::RejectLogon) override
	{
	}
	void fromApp(const FIX::Message &message, const FIX::SessionID &session)
		EXCEPT(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue,
		       FIX::UnsupportedMessageType) override
	{
		FIX::ClOrdID id;

		message.getField(id);
		if (accepts_)
			fill(id, session);
		else
			timeAnswer(id);
	}

	void sendOrder()
	{
		if (!up_)
			return;
		std::string id = std::to_string(++orders_);
		FIX44::NewOrderSingle order(FIX::ClOrdID(id), FIX::Side(FIX::Side_BUY),
					    FIX::TransactTime(), FIX::OrdType(FIX::OrdType_LIMIT));

		order.set(FIX::Symbol("USDJPY"));
		order.set(FIX::OrderQty(100000));
		order.set(FIX::Price(150.25));
		{
			std::lock_guard<std::mutex> hold(lock_);
			if (waiting_.size() < kWaitingMax)
				waiting_[id] = Clock::now();
		}
		FIX::Session::sendToTarget(order, session_);
	}

	void sayReady()
	{
		if (!said_ready_.exchange(true))
			std::printf(
				"{\"event\":\"ready\",\"program\":\"fix_session\",\"pid\":%d}\n",
				getpid());
		std::fflush(stdout);
	}

	void tellTruth()
	{
		std::lock_guard<std::mutex> hold(lock_);

		std::sort(took_us_.begin(), took_us_.end());
		std::printf(
			"{\"event\":\"truth\",\"program\":\"fix_session\",\"role\":\"%s\","
			"\"logons\":%d,"
			"\"logouts\":%d,\"orders\":%d,\"fills\":%d,\"response_us\":{\"count\":%zu,"
			"\"p50_us\":%ld,\"p99_us\":%ld}}\n",
			accepts_ ? "accept" : "initiate", logons_.load(), logouts_.load(),
			orders_.load(), fills_.load(), took_us_.size(), quantile(0.5),
			quantile(0.99));
		std::fflush(stdout);
		took_us_.clear();
	}

      private:
	void fill(const FIX::ClOrdID &id, const FIX::SessionID &session)
	{
		std::string number = std::to_string(++fills_);
		FIX::OrderID order(number);
		FIX::ExecID execution(number);
		FIX44::ExecutionReport report(order, execution, FIX::ExecType(FIX::ExecType_FILL),
					      FIX::OrdStatus(FIX::OrdStatus_FILLED),
					      FIX::Side(FIX::Side_BUY), FIX::LeavesQty(0),
					      FIX::CumQty(100000), FIX::AvgPx(150.25));

		report.set(id);
		FIX::Session::sendToTarget(report, session);
	}

	void timeAnswer(const FIX::ClOrdID &id)
	{
		std::lock_guard<std::mutex> hold(lock_);
		auto found = waiting_.find(id.getValue());

		fills_++;
		if (found == waiting_.end())
			return;
		auto took = Clock::now() - found->second;
		took_us_.push_back(
			std::chrono::duration_cast<std::chrono::microseconds>(took).count());
		waiting_.erase(found);
	}

	long quantile(double share) const
	{
		return took_us_.empty()
			       ? 0
			       : took_us_[static_cast<size_t>(share * (took_us_.size() - 1))];
	}

	const bool accepts_;
	std::atomic<bool> up_{false}, said_ready_{false};
	std::atomic<int> logons_{0}, logouts_{0}, orders_{0}, fills_{0};
	FIX::SessionID session_;
	std::mutex lock_;
	std::map<std::string, Clock::time_point> waiting_;
	std::vector<long> took_us_;
};

std::string settingsText(bool accepts, const std::string &address, const std::string &port)
{
	std::ostringstream text;

	text << "[DEFAULT]\nBeginString=FIX.4.4\nHeartBtInt=5\nStartTime=00:00:00\nEndTime=00:00:"
		"00\n"
	     << "UseDataDictionary=N\nResetOnLogon=Y\nReconnectInterval=2\nSocketNodelay=Y\n"
	     << "ConnectionType=" << (accepts ? "acceptor" : "initiator") << "\n";
	if (accepts)
		text << "SocketAcceptPort=" << port << "\nSocketReuseAddress=Y\n";
	else
		text << "SocketConnectHost=" << address << "\nSocketConnectPort=" << port << "\n";
	text << "[SESSION]\nSenderCompID=" << (accepts ? "VENUE" : "FIRM")
	     << "\nTargetCompID=" << (accepts ? "FIRM" : "VENUE") << "\n";
	return text.str();
}

// Sends at the rate and obeys signals until one of them ends it.
void serve(Trader &trader, long rate, const sigset_t &signals)
{
	const long gap_ns = rate > 0 ? std::min(1000000000L / rate, 999999999L) : 100000000L;
	const timespec gap = {0, gap_ns};

	for (;;) {
		int number = sigtimedwait(&signals, nullptr, &gap);

		if (number == SIGUSR1)
			trader.tellTruth();
		else if (number > 0)
			return;
		else if (rate > 0)
			trader.sendOrder();
	}
}

} // namespace

int main(int argc, char **argv)
{
	const std::string role = argc > 1 ? argv[1] : "";
	const bool accepts = role == "accept";
	sigset_t signals;

	if (argc < 4 || (!accepts && (role != "initiate" || argc < 5))) {
		std::cerr
			<< "usage: fix_session accept ADDRESS PORT | initiate ADDRESS PORT RATE\n";
		return 2;
	}
	// Blocked before the library starts its threads, so that they all leave them to us.
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, nullptr);
	try {
		std::istringstream text(settingsText(accepts, argv[2], argv[3]));
		FIX::SessionSettings settings(text);
		FIX::MemoryStoreFactory store;
		Trader trader(accepts);

		if (accepts) {
			FIX::SocketAcceptor acceptor(trader, store, settings);

			acceptor.start();
			trader.sayReady();
			serve(trader, 0, signals);
			acceptor.stop(true);
		} else {
			FIX::SocketInitiator initiator(trader, store, settings);

			initiator.start();
			serve(trader, std::atol(argv[4]), signals);
			initiator.stop(true);
		}
		trader.tellTruth();
	} catch (const std::exception &error) {
		std::cerr << "fix_session: " << error.what() << "\n";
		return 1;
	}
	return 0;
}
