package dev.perennial.compat;

import java.util.concurrent.TimeoutException;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Starts the application as a bean of Spring Boot, which closes it. */
@Configuration(proxyBeanMethods = false)
public class SpringMain {

  /** Makes the application. */
  @Bean
  Application application(ApplicationArguments arguments) {
    String[] all = arguments.getSourceArgs();
    return new Application(all[0], all[1], all[2]);
  }

  /**
   * Runs the application.
   *
   * @param arguments as those of {@link Main#main}
   */
  public static void main(String[] arguments) throws InterruptedException, TimeoutException {
    try (ConfigurableApplicationContext context =
        SpringApplication.run(SpringMain.class, arguments)) {
      context.getBean(Application.class).run(Integer.parseInt(arguments[3]));
    }
  }
}
