// React's view of a market's feed.

import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { Hub } from "../stream/hub";
import { Rest } from "../wire/rest";
import type { Market } from "../wire/types";
import { Feed } from "./feed";

/** Everything public about the market, for as long as the page is there. */
export function useFeed(market: Market, hub: Hub): Feed {
  const feed = useMemo(() => new Feed(market, new Rest(), hub), [market, hub]);
  useEffect(() => {
    feed.start();
    return () => feed.stop();
  }, [feed]);
  return feed;
}

export function usePicture(feed: Feed) {
  return useSyncExternalStore(feed.subscribe, feed.look);
}
